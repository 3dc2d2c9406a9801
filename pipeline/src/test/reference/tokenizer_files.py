"""Makes the small tokenizers of the text room's tests, and what Hugging Face's give for some texts.

Run with tokenizers 0.22 (transformers 5.23.0), from the repository's root:

    python pipeline/src/test/reference/tokenizer_files.py

Writes pipeline/src/test/resources/io/sparkpeft/text/tokenizers/<name>/ (tokenizer.json and
tokenizer_config.json) and encodings.json beside them: ids and offsets in UTF-16 units, offsets not
trimmed, null for tokens that the tokenizer adds.
"""

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path("pipeline/src/test/resources/io/sparkpeft/text/tokenizers")

CORPUS = [
    "What is the capital of the country? The capital is a city.",
    "Below is an instruction that describes a task. Write a response that completes the request.",
    "### Instruction:\nAdd the numbers 12 and 34.\n\n### Response:\nThe sum is 46.",
    "The quick brown fox jumps over the lazy dog, and the dog sleeps on.",
    "Name three colours of the sky in the evening: red, orange and blue.",
    "<|im_start|>user\nHello, how are you?<|im_end|>\n<|im_start|>assistant\nI am well.<|im_end|>",
] * 4

TEXTS = [
    "",
    "The capital is a city.",
    "  two blanks, then\n\ta tab and a line",
    "caf\u00e9 na\u00efve \u2013 r\u00e9sum\u00e9",
    "\u65e5\u672c\u8a9e and \u4e2d\u6587 text",
    "smile \U0001F600 and family \U0001F469\u200D\U0001F467 end",
    "\U0001F600\U0001F600 the sky",
    "the answer</s>",
    "<s>the question",
]


def byte_level():
    """GPT-2's kind: every text has tokens, a blank belongs to the word after it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer, {"eos_token": {"__type": "AddedToken", "content": "<|endoftext|>"}}


def byte_fallback():
    """LLaMA's kind: blanks become low lines, unknown characters bytes, BOS is added."""
    pieces = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    pieces.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    pieces.train_from_iterator(CORPUS, trainer)
    description = json.loads(pieces.to_str())
    # Bytes are ordinary tokens: only the first three are special.
    description["added_tokens"] = description["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(description))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "model_max_length": 64}


def characters():
    """One token per character, an unknown token for all others; adds BOS and EOS by itself."""
    letters = sorted(set("".join(CORPUS)))
    vocabulary = {token: i for i, token in enumerate(["<unk>", "<s>", "</s>"] + letters)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return tokenizer, {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "model_max_length": 1000000000000000019884624838656,
        "chat_template": "{% for m in messages %}{{ '[' + m['role'] + ']' + m['content'] + eos_token }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}",
    }


def units(text, point):
    """UTF-16 units before a code point."""
    return len(text[:point].encode("utf-16-le")) // 2


def untrimmed(tokenizer):
    return Tokenizer.from_str(tokenizer.to_str().replace('"trim_offsets":true', '"trim_offsets":false'))


def encodings(tokenizer):
    exact = untrimmed(tokenizer)
    for text in TEXTS:
        for special in (False, True):
            encoding = exact.encode(text, add_special_tokens=special)
            assert encoding.ids == tokenizer.encode(text, add_special_tokens=special).ids
            spans = [
                None if sequence is None else [units(text, start), units(text, end)]
                for (start, end), sequence in zip(encoding.offsets, encoding.sequence_ids)
            ]
            yield {
                "text": text,
                "special": special,
                "ids": encoding.ids,
                "spans": spans,
                "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=True),
            }


def main():
    golden = {}
    for name, make in [("byte_level", byte_level), ("byte_fallback", byte_fallback), ("characters", characters)]:
        tokenizer, config = make()
        folder = OUT / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
        golden[name] = {
            "vocabulary_size": tokenizer.get_vocab_size(),
            "encodings": list(encodings(tokenizer)),
        }
    (OUT / "encodings.json").write_text(json.dumps(golden, ensure_ascii=True, indent=0) + "\n")


if __name__ == "__main__":
    main()
