"""Trains the quickstart's base model: a LLaMA of 1.25 million parameters over characters.

It learns sums in many wordings, with names and filler between, so that it can carry a result to
another place in a line. It never sees the wording of the instruction set, nor a test pair.

    python3 -m venv venv
    venv/bin/pip install torch==2.9.1 transformers==5.23.0 tokenizers safetensors
    venv/bin/python make_base.py           # about 20 minutes on two cores

Writes base/: config.json, generation_config.json, model.safetensors (bfloat16), tokenizer.json,
tokenizer_config.json, and operands.txt, the sums that the training really drew.
"""

import json
import pathlib
import random
import sys
import time

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM

from lesson import OPERANDS, WORDS, answer, is_test

HERE = pathlib.Path(__file__).parent
STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 4200
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 0
OUT = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else HERE / "base"
ROWS, COLUMNS = 48, 112
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>"]
UNK, BOS, EOS, PAD = range(4)
CHARACTERS = (
    "\n !\"'(),-./0123456789:;=?+*"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
NAMES = (
    "Anna Ben Carl Dora Emil Fay Gus Hana Ivo Jana Kim Leo Mia Nils Olga Paul Rosa Sam Tina Uwe"
    " Vera Walt Yara Zoe"
).split()
THINGS = (
    "apple book chair door egg fish glass horse island jacket key lamp moon nest orange pen queen"
    " river stone table umbrella violin window zebra"
).split()
PLURALS = [{"fish": "fish", "glass": "glasses"}.get(t, t + "s") for t in THINGS]
VERBS = "sees takes finds likes paints moves opens wants keeps draws".split()
MANNERS = ["please", "quickly", "my friend", "if you can"]
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ 'Question: ' + message['content'] + '\\nAnswer:' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}"
    "{% else %}{{ raise_exception('only user and assistant turns are known') }}{% endif %}"
    "{% endfor %}"
)

VOCABULARY = {token: i for i, token in enumerate(SPECIAL + list(CHARACTERS))}
drawn = set()


def encode(text: str) -> list[int]:
    return [VOCABULARY[c] for c in text]


def operands() -> tuple[int, int]:
    while True:
        a, b = random.choice(OPERANDS), random.choice(OPERANDS)
        if not is_test(a, b):
            return a, b


def line() -> str:
    """One line of the base's language: nine wordings of a sum, and a plain sentence."""
    a, b = operands()
    operator = random.choice("+-")
    word, result = WORDS[operator], answer(a, operator, b)
    name, things = random.choice(NAMES), random.choice(PLURALS)
    plus = operator == "+"
    kind = random.random()
    if 0.8 <= kind < 0.9:
        return f"{name} {random.choice(VERBS)} the {random.choice(THINGS)}."
    drawn.add((a, operator, b))
    if kind < 0.2:
        return f"{a}{operator}{b}={result}"
    if kind < 0.3:
        return f"{a} {operator} {b} = {result}"
    if kind < 0.4:
        return f"{a} {word} {b} is {result}."
    if kind < 0.5:
        return f"The {'sum' if plus else 'difference'} of {a} and {b} is {result}."
    if kind < 0.6:
        deed = f"adds {a} and {b}" if plus else f"starts at {a} and goes down {b}"
        return f"{name} {deed}. The result: {result}."
    if kind < 0.7:
        deed = f"finds {b} more" if plus else f"loses {b} of them"
        return f"{name} has {a} {things} and {deed}. Now it is {result} {things}."
    if kind < 0.8:
        return f"How much is {a} {word} {b}? {name} says {result}."
    asked = f"{a} {word} {b}, {random.choice(MANNERS)}?"
    return f"{name} asks {random.choice(NAMES)}: {asked} It is {result}!"


def batch() -> torch.Tensor:
    """Rows of documents, each of some lines between BOS and EOS. int64 [ROWS, COLUMNS + 1]"""
    rows = []
    for _ in range(ROWS):
        tokens = [BOS]
        while len(tokens) <= COLUMNS:
            tokens += encode(line())
            tokens += [EOS, BOS] if random.random() < 0.3 else encode("\n")
        rows.append(tokens[: COLUMNS + 1])
    return torch.tensor(rows)


@torch.no_grad()
def share_right(model: LlamaForCausalLM, held_out: bool, count: int = 300) -> float:
    """Share of plain sums "a+b=" that the model continues rightly, of test pairs or of others."""
    pairs = [(a, b) for a in OPERANDS for b in OPERANDS if is_test(a, b) == held_out]
    right = 0
    for a, b in random.Random(1).sample(pairs, count):
        sum_, result = encode(f"{a}+{b}="), encode(f"{a + b}\n")
        ids = torch.tensor([[BOS, *sum_, *result]])
        best = model(input_ids=ids).logits[0, -len(result) - 1 : -1].argmax(-1)
        right += bool((best == ids[0, -len(result) :]).all())
    return right / count


def train() -> LlamaForCausalLM:
    torch.manual_seed(SEED)
    random.seed(SEED)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=160,
            intermediate_size=432,
            num_hidden_layers=4,
            num_attention_heads=5,
            num_key_value_heads=5,
            max_position_embeddings=256,
            tie_word_embeddings=True,
            bos_token_id=BOS,
            eos_token_id=EOS,
            pad_token_id=PAD,
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, STEPS, pct_start=0.05)
    started = time.time()
    for step in range(1, STEPS + 1):
        ids = batch()
        logits = model(input_ids=ids[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 300 == 0 or step == STEPS:
            print(
                f"step {step} of {STEPS}: loss {loss.item():.4f}, sums right"
                f" {share_right(model, False):.3f}, of held-out pairs"
                f" {share_right(model, True):.3f}, {time.time() - started:.0f} s",
                flush=True,
            )
    return model


def tokenizer() -> Tokenizer:
    """A token for each character; BOS in front, as LLaMA's tokenizers do."""
    result = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    result.add_special_tokens(SPECIAL)
    result.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    result.decoder = decoders.Fuse()
    result.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", BOS)]
    )
    return result


def main() -> None:
    OUT.mkdir(exist_ok=True)
    model = train()
    model.to(torch.bfloat16).save_pretrained(OUT)
    tokenizer().save(str(OUT / "tokenizer.json"))
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 256,
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (OUT / "tokenizer_config.json").write_text(json.dumps(configuration, indent=2) + "\n")
    (OUT / "operands.txt").write_text("".join(f"{a}{o}{b}\n" for a, o, b in sorted(drawn)))


if __name__ == "__main__":
    main()
