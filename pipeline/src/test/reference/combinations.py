"""Golden combinations of LoRA adapters: PEFT's add_weighted_adapter.

Run with peft==0.21.2, torch==2.9.1, transformers==5.23.0, safetensors:

    python combinations.py ../resources/io/sparkpeft/adapter/combinations

The base is the one of peft_adapter.py, in base_fp32 beside that folder.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

ADAPTERS = {
    "one": dict(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"]),
    "two": dict(r=3, lora_alpha=12, target_modules=["v_proj", "down_proj"]),
    "wide": dict(r=5, lora_alpha=5, target_modules=["q_proj", "v_proj"]),
}

COMBINATIONS = {
    "linear": (["one", "two"], [0.75, 0.5], dict(combination_type="linear")),
    "linear_negative": (["one", "two"], [1.0, -0.3], dict(combination_type="linear")),
    "cat": (["one", "wide"], [0.75, -0.5], dict(combination_type="cat")),
    "cat_apart": (["one", "two"], [1.0, 0.5], dict(combination_type="cat")),
    "svd": (["one", "two", "wide"], [0.6, 0.3, 0.1], dict(combination_type="svd")),
    "svd_2": (["one", "wide"], [0.5, 0.5], dict(combination_type="svd", svd_rank=2)),
    "alone": (["wide"], [0.25], dict(combination_type="svd")),
}


def main(folder):
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    base = AutoModelForCausalLM.from_pretrained(Path(folder).parent / "base_fp32")
    base.config.name_or_path = base.name_or_path = "tiny"
    model = None
    for name, settings in ADAPTERS.items():
        config = LoraConfig(task_type="CAUSAL_LM", **settings)
        if model is None:
            model = get_peft_model(base, config, adapter_name=name)
        else:
            model.add_adapter(name, config)
    torch.manual_seed(5)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "lora_" in name:
                parameter.normal_(0, 0.3)
    for name, (adapters, weights, options) in COMBINATIONS.items():
        model.add_weighted_adapter(adapters, weights, name, **options)
    model.save_pretrained(folder)
    Path(folder, "README.md").unlink()
    for path in Path(folder).glob("*/adapter_config.json"):
        keys = json.loads(path.read_text())
        keys["target_modules"] = sorted(keys["target_modules"])
        path.write_text(json.dumps(keys, indent=2, sort_keys=True))
    cases = [
        dict(name=name, adapters=adapters, weights=weights, **options)
        for name, (adapters, weights, options) in COMBINATIONS.items()
    ]
    Path(folder, "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


main(sys.argv[1])
