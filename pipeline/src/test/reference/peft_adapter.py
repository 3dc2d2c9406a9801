"""What PEFT itself writes, matches, counts and merges: golden files for the rooms weights and adapter.

    pip install torch==2.9.1 transformers==5.23.0 peft==0.21.2 safetensors
    python peft_adapter.py ../resources/io/sparkpeft/adapter

All models are made here, from seeds; nothing is fetched.
"""

import copy
import json
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

warnings.filterwarnings("ignore")
torch.set_num_threads(1)

ALL_SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

TINY = dict(
    vocab_size=40,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=32,
)

# The dimensions of published models, by their config.json.
REAL = {
    "llama-2-7b": dict(vocab_size=32000, hidden_size=4096, intermediate_size=11008,
                       num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32),
    "llama-3-8b": dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336,
                       num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8),
    "llama-3.2-1b": dict(vocab_size=128256, hidden_size=2048, intermediate_size=8192,
                         num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8,
                         head_dim=64, tie_word_embeddings=True),
    "llama-3.2-3b": dict(vocab_size=128256, hidden_size=3072, intermediate_size=8192,
                         num_hidden_layers=28, num_attention_heads=24, num_key_value_heads=8,
                         head_dim=128, tie_word_embeddings=True),
    "tinyllama-1.1b": dict(vocab_size=32000, hidden_size=2048, intermediate_size=5632,
                           num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4),
    "llama-3-70b": dict(vocab_size=128256, hidden_size=8192, intermediate_size=28672,
                        num_hidden_layers=80, num_attention_heads=64, num_key_value_heads=8),
}

CONFIGS = {
    "defaults": dict(),
    "no_task": dict(r=4, target_modules=["v_proj", "q_proj"]),
    "alpaca": dict(r=8, lora_alpha=16, lora_dropout=0.05, target_modules=["q_proj", "v_proj"],
                   task_type="CAUSAL_LM"),
    "patterns": dict(r=4, lora_alpha=12, use_rslora=True, init_lora_weights="gaussian",
                     target_modules=["q_proj", "down_proj"], layers_to_transform=[1],
                     layers_pattern="layers", rank_pattern={"q_proj": 2, "down_proj": 3},
                     alpha_pattern={"model.layers.1.self_attn.q_proj": 7, "down_proj": 1.5},
                     exclude_modules=["layers.0.mlp.down_proj"], task_type="CAUSAL_LM"),
    "regex": dict(r=2, target_modules=r".*\.(q|v)_proj", exclude_modules=r".*\.1\..*",
                  lora_dropout=1e-05, task_type="CAUSAL_LM"),
    "all_linear": dict(r=2, target_modules="all-linear", init_lora_weights=False,
                       task_type="CAUSAL_LM"),
    "unusual_names": dict(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", revision="v1",
                          base_model_name_or_path="Modelle/f\u00fcr \"Tee\" \U0001f375\\x"),
}

MATCHING = [
    dict(),
    dict(target_modules=["q_proj", "v_proj"]),
    dict(target_modules=["proj"], expect_error=True),
    dict(target_modules=["self_attn.k_proj", "lm_head"]),
    dict(target_modules=["model.layers.1.mlp.up_proj"]),
    dict(target_modules="all-linear"),
    dict(target_modules="ALL-LINEAR", exclude_modules=["mlp.down_proj", "lm_head"]),
    dict(target_modules=ALL_SEVEN + ["lm_head"]),
    dict(target_modules="q_proj", expect_error=True),
    dict(target_modules=r".*q_proj"),
    dict(target_modules=r"model\.layers\.[0-1]\.self_attn\.(q|k)_proj"),
    dict(target_modules=r"(?P<head>model)\.layers\.\d\.mlp\.[a-z_]*(?<!down)_proj"),
    dict(target_modules=r".*\.[[]?[qk&]_proj"),
    dict(target_modules=r"model\.layers\.\d{,1}\.mlp\.up_proj\Z"),
    dict(target_modules=["q_proj"], layers_to_transform=1),
    dict(target_modules=["q_proj"], layers_to_transform=[0, 2]),
    dict(target_modules=["q_proj"], layers_to_transform=[]),
    dict(target_modules=["q_proj"], layers_to_transform=[5], expect_error=True),
    dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern="layers"),
    dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern=["h", "layers"]),
    dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern=["h"], expect_error=True),
    dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern="lay.*"),
    dict(target_modules=["q_proj", "lm_head"], layers_to_transform=[1]),
    dict(target_modules=["model.layers.0.self_attn.q_proj", "v_proj"], layers_to_transform=[1]),
    dict(target_modules=["q_proj"], exclude_modules=["layers.1.self_attn.q_proj"]),
    dict(target_modules=["q_proj"], exclude_modules=r".*\.1\..*"),
    dict(target_modules=["q_proj"], exclude_modules=["q_proj"], expect_error=True),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 3}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={r"layers\.0\..*": 5, "q_proj": 3}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 3, r"layers\.0\..*": 5}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"proj": 3, "q_proj|v_proj": 6}),
    dict(target_modules=["q_proj", "v_proj"], alpha_pattern={"model.layers.1.self_attn.v_proj": 32}),
    dict(target_modules=["q_proj", "v_proj"], use_rslora=True, r=6, lora_alpha=5,
         rank_pattern={"q_proj": 3}, alpha_pattern={"v_proj": 1.5}),
    dict(target_modules=["q_proj", "v_proj"], alpha_pattern={"^model.layers.0.self_attn.q_proj": 9}),
    dict(target_modules=["q_proj", "nonsense"]),
]


def tiny(seed, layers=2, tied=False, dtype=torch.float32, spread=0.5):
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(**{**TINY, "num_hidden_layers": layers}, tie_word_embeddings=tied))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, spread)
    model.config.name_or_path = model.name_or_path = "tiny"
    return model.to(dtype).eval()


def randomized(peft_model, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in peft_model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.3)
    return peft_model


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=True) + "\n")


def sort_sets(path):
    """Sorts what PEFT holds as sets, whose order it leaves to chance; all else stays as it wrote it."""
    text = path.read_text()
    keys = json.loads(text)
    assert json.dumps(keys, indent=2, sort_keys=True) == text
    for key in ("target_modules", "exclude_modules"):
        if isinstance(keys[key], list):
            keys[key] = sorted(keys[key])
    path.write_text(json.dumps(keys, indent=2, sort_keys=True))
    return keys


def configs(out):
    """adapter_config.json as save_pretrained leaves it."""
    for name, settings in CONFIGS.items():
        folder = out / "configs" / name
        with tempfile.TemporaryDirectory() as scratch:
            base = tiny(0, layers=3)
            base.name_or_path = settings.get("base_model_name_or_path", "tiny")
            model = get_peft_model(base, LoraConfig(**copy.deepcopy(settings)))
            model.save_pretrained(scratch, save_embedding_layers=False)
            keys = sort_sets(Path(scratch, "adapter_config.json"))
            shutil.copytree(scratch, folder, ignore=shutil.ignore_patterns("*.safetensors"))
        if settings.get("task_type") is None:
            settings = {**settings, "auto_mapping": keys["auto_mapping"]}
        write_json(folder / "settings.json", {"base_model_name_or_path": "tiny", **settings})


def adapted(model):
    for name, module in model.base_model.model.named_modules():
        if isinstance(module, LoraLayer):
            yield name, module


def matching(out):
    cases = []
    for case in MATCHING:
        settings = {k: v for k, v in case.items() if k != "expect_error"}
        try:
            model = get_peft_model(tiny(0, layers=3), LoraConfig(**copy.deepcopy(settings)))
            targets = [
                dict(module=name, r=module.r["default"], lora_alpha=module.lora_alpha["default"],
                     scaling=module.scaling["default"])
                for name, module in adapted(model)
            ]
            assert not case.get("expect_error"), case
        except ValueError:
            assert case.get("expect_error"), case
            targets = []
        cases.append(dict(settings=settings, targets=targets))
    write_json(out / "matching.json", cases)


def counts(out):
    settings = [
        dict(r=8, target_modules=["q_proj", "v_proj"]),
        dict(r=8, target_modules=ALL_SEVEN + ["lm_head"]),
        dict(r=16, target_modules=ALL_SEVEN + ["lm_head"]),
        dict(r=16, target_modules="all-linear", rank_pattern={"down_proj": 4}),
    ]
    results = []
    for name, dims in REAL.items():
        more = [dict(r=256, target_modules=ALL_SEVEN + ["lm_head"])] if name == "llama-2-7b" else []
        more += [dict(r=r, target_modules=["q_proj", "v_proj"]) for r in (32, 64) if name == "llama-3.2-3b"]
        for chosen in settings + more:
            with torch.device("meta"):
                model = get_peft_model(LlamaForCausalLM(LlamaConfig(**dims)),
                                       LoraConfig(**copy.deepcopy(chosen)))
            trainable, _ = model.get_nb_trainable_parameters()
            result = dict(model=name, config=dims, settings=chosen, trainable_parameters=trainable)
            if trainable < 60_000_000:
                result["file_bytes"] = file_bytes(model)
            results.append(result)
    write_json(out / "counts.json", results)


def file_bytes(model):
    tensors = {
        name.replace(".default", ""): torch.zeros(p.shape)
        for name, p in model.named_parameters() if "lora_" in name
    }
    with tempfile.NamedTemporaryFile() as file:
        save_file(tensors, file.name, metadata={"format": "pt"})
        return os.path.getsize(file.name)


def save_model(model, folder):
    folder.mkdir(parents=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def adapters_and_merges(out):
    everything = dict(r=3, lora_alpha=5, target_modules=ALL_SEVEN + ["lm_head"], task_type="CAUSAL_LM")
    few = dict(r=2, lora_alpha=8, use_rslora=True, target_modules=["q_proj", "down_proj"],
               rank_pattern={"down_proj": 3}, task_type="CAUSAL_LM")
    for name, settings in (("everything", everything), ("few", few)):
        for label, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
            base = tiny(1, dtype=dtype)
            if name == "few":
                save_model(base, out / f"base_{label}")
            model = randomized(get_peft_model(base, LoraConfig(**copy.deepcopy(settings))), 2)
            if label == "fp32":
                model.save_pretrained(out / name, save_embedding_layers=False)
            merged = model.merge_and_unload().state_dict()
            save_file({k: v.contiguous() for k, v in merged.items()},
                      out / f"merged_{name}_{label}.safetensors", metadata={"format": "pt"})

    # What PEFT saves when left to itself: the frozen head goes into the file too.
    model = randomized(get_peft_model(tiny(1), LoraConfig(**copy.deepcopy(everything))), 2)
    model.save_pretrained(out / "everything_with_head")
    tensors = load_file(out / "everything" / "adapter_model.safetensors")
    for label, dtype in (("bf16", torch.bfloat16), ("fp16", torch.float16)):
        folder = out / f"everything_{label}"
        shutil.copytree(out / "everything", folder)
        save_file({k: v.to(dtype) for k, v in tensors.items()},
                  folder / "adapter_model.safetensors", metadata={"format": "pt"})

    # A tied base whose head is adapted: what an untied copy of it gives.
    tied = tiny(1, tied=True)
    save_model(tied, out / "base_tied")
    untied = tiny(1)
    untied.load_state_dict({**tied.state_dict(), "lm_head.weight": tied.model.embed_tokens.weight.clone()})
    merged = PeftModel.from_pretrained(untied, out / "everything").merge_and_unload().state_dict()
    save_file({k: v.contiguous() for k, v in merged.items()},
              out / "merged_everything_untied.safetensors", metadata={"format": "pt"})


def containers(out):
    """A file of all dtypes, in the order that the reference implementation gives them."""
    torch.manual_seed(3)
    numbers = torch.arange(6).reshape(2, 3)
    tensors = {
        "layers.2.weight": numbers.float(), "layers.10.weight": numbers.float() / 7,
        "\u00e9": numbers.to(torch.float16), "b": numbers.to(torch.bfloat16),
        "c": numbers.to(torch.int64), "d": numbers.to(torch.int32), "e": numbers.to(torch.int16),
        "f": numbers.to(torch.int8), "g": numbers.to(torch.uint8), "h": numbers % 2 == 0,
        "i": numbers.double(), "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 4),
    }
    folder = out.parent / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "all_dtypes.safetensors", metadata={"format": "pt"})


def main():
    out = Path(sys.argv[1]).resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for step in (containers, configs, matching, adapters_and_merges, counts):
        step(out)
        print(step.__name__, flush=True)
    for card in out.glob("**/README.md"):
        card.unlink()
    for config in out.glob("*/adapter_config.json"):
        sort_sets(config)


if __name__ == "__main__":
    main()
