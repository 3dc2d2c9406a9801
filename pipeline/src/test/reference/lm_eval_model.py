"""A tiny LLaMA with random weights, a tokenizer trained on the documents, and an adapter."""

import json
import random

import torch
from lm_eval_documents import DOCUMENTS, SOURCE
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

MAX_LENGTH = 192  # shorter than TruthfulQA's prompts, so that these are cut from the left


def write_tokenizer(folder):
    files = sorted(p for p in SOURCE.rglob("*.*") if p.is_file() and "three_digit" not in p.name)
    texts = [p.read_text(encoding="utf-8") for p in files]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    byte_tokens = [f"<0x{b:02X}>" for b in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>", "<s>", "</s>"] + byte_tokens)
    tokenizer.train_from_iterator(texts, trainer)
    data = json.loads(tokenizer.to_str())  # bytes are tokens of the model, not special ones
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    fast.save_pretrained(folder)
    return fast


def write_model(folder, vocabulary):
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=MAX_LENGTH,
        initializer_range=0.5,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    return model


def greedy_arithmetic(path, tokenizer, model):
    """Documents of which every other has for its completion what the model says by itself."""
    rng = random.Random(8)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(DOCUMENTS):
            a, b = rng.randrange(1000), rng.randrange(1000)
            prompt = f"Question: What is {a} plus {b}?\nAnswer:"
            said = greedy_text(tokenizer, model, prompt)
            completion = said if said and i % 2 else f" {a + b}"
            file.write(json.dumps({"context": f"\n\nQ: What is {a} plus {b}?\n\nA:", "completion": completion}) + "\n")


def greedy_text(tokenizer, model, prompt):
    """The longest greedy continuation of one to three tokens whose text has just these tokens."""
    ids = tokenizer.encode(prompt)
    answer = model.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=3)[0].tolist()
    for end in range(len(answer), len(ids), -1):
        text = tokenizer.decode(answer[1:end])
        if text.startswith(prompt) and tokenizer.encode(text) == answer[:end]:
            return text[len(prompt) :]
    return ""


def write_adapter(folder, model):
    torch.manual_seed(4)
    peft_model = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]))
    for name, parameter in peft_model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    peft_model.peft_config["default"].base_model_name_or_path = "model"
    peft_model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["target_modules"].sort()  # PEFT writes a set, in any order
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True))
