"""Golden learning rates and weight decays of LoRA+: PEFT's create_loraplus_optimizer.

Run with peft==0.21.2, torch==2.9.1, transformers==5.23.0:

    python loraplus.py ../resources/io/sparkpeft/optim/loraplus.json
"""

import json
import sys

import torch
from peft import LoraConfig, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from peft.utils import get_peft_model_state_dict
from transformers import LlamaConfig, LlamaForCausalLM

RATE, RATIO, EMBEDDING, DECAY = 2e-4, 16.0, 3e-6, 0.1


def groups(**settings):
    """For each key of adapter_model.safetensors: its shape, learning rate and weight decay."""
    base = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=12,
            hidden_size=8,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            attention_bias=True,
            tie_word_embeddings=False,
        )
    )
    model = get_peft_model(base, LoraConfig(r=2, task_type="CAUSAL_LM", **settings))
    optimizer = create_loraplus_optimizer(
        model,
        torch.optim.AdamW,
        lr=RATE,
        loraplus_lr_ratio=RATIO,
        loraplus_lr_embedding=EMBEDDING,
        loraplus_weight_decay=DECAY,
    )
    memory = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            key = name.replace(".modules_to_save.default", "").replace(".base_layer.", ".")
            memory[key.replace(".default", "")] = parameter
    saved = get_peft_model_state_dict(model, save_embedding_layers=False)
    by_parameter = {
        id(p): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for p in group["params"]
    }
    found = {}
    for key, value in saved.items():
        name = key.replace(".base_layer.", ".").replace("magnitude_vector", "magnitude_vector.weight")
        parameter = memory[name]
        rate, decay = by_parameter[id(parameter)]
        found[key] = {"shape": list(value.shape), "learning_rate": rate, "weight_decay": decay}
    return found


def main(path):
    golden = {
        "learning_rate": RATE,
        "ratio": RATIO,
        "embedding": EMBEDDING,
        "weight_decay": DECAY,
        "adapters": {
            "pairs": groups(target_modules=["q_proj", "embed_tokens", "lm_head"]),
            "biases": groups(target_modules=["q_proj"], bias="all", lora_bias=True),
            "magnitudes": groups(target_modules=["v_proj", "down_proj"], use_dora=True),
            "modules": groups(target_modules=["q_proj"], modules_to_save=["norm", "lm_head"]),
        },
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


main(sys.argv[1])
