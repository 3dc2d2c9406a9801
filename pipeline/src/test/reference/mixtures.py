"""What target_modules of LoRA mean on mixtures of experts, by transformers 5.23.0, peft 0.21.2, torch
2.9.1, where a layer's experts are two parameters and its router is no linear layer either.

    PYTHONHASHSEED=0 python mixtures.py ../resources/io/sparkpeft/model/mixtures.json

writes for every setting what adapter_config.json then has of targets and patterns, which linear
layers are adapted, and the shapes of all factors that are saved; "parameters" are those of experts
and routers, "error" is PEFT's, where it refuses.
"""

import copy
import json
import pathlib
import sys

import families
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from peft.tuners.lora import Linear

EXPERTS = {"mixtral": ["w1", "w2", "w3"], "qwen3_moe": ["gate_proj", "up_proj", "down_proj"]}


def settings(experts):
    yield {"target_modules": "all-linear"}
    yield {"target_modules": "all-linear", "exclude_modules": ["experts", "gate", *experts]}
    yield {"target_modules": families.ATTENTION}
    yield {"target_modules": ["q_proj", "lm_head"], "layers_to_transform": [1]}
    yield {"target_modules": ["model.layers.0.self_attn.q_proj"]}
    yield {"target_modules": ["q_proj", *experts]}
    yield {"target_modules": ["q_proj", "experts.0." + experts[0]]}
    yield {"target_modules": ["q_proj", "mlp.gate"]}
    yield {"target_modules": ["gate"]}
    yield {"target_modules": r".*self_attn\.(q|v)_proj"}
    yield {"target_modules": r".*[qv]_proj", "exclude_modules": ["layers.1.self_attn.v_proj"]}
    yield {"target_modules": r"model\.layers\.0\.self_attn\.q_proj"}
    yield {"target_modules": r".*_proj"}
    yield {"target_modules": r".*\.(q_proj|" + experts[1] + ")"}
    yield {"target_modules": r".*(q_proj|gate)"}
    yield {"target_parameters": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]}
    yield {"target_modules": ["q_proj"], "target_parameters": ["experts.down_proj", "gate.weight"]}
    yield {"target_modules": [], "target_parameters": ["model.layers.1.mlp.experts.gate_up_proj"]}
    yield {"target_modules": "all-linear", "target_parameters": ["mlp.experts.gate_up_proj"]}
    yield {"target_modules": ["v_proj"], "target_parameters": ["down_proj"], "layers_to_transform": [1]}
    yield {"target_modules": experts, "use_rslora": True, "rank_pattern": {"down_proj": 3}}


def outcome(name, given):
    model = families.decoder(families.config(name), families.SEEDS[name])
    try:
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **copy.deepcopy(given)))
    except ValueError as refused:
        return {"error": str(refused).partition(".")[0]}
    config = model.peft_config["default"]
    modules = model.base_model.model.named_modules()
    tensors = get_peft_model_state_dict(model)
    return {
        "target_modules": sorted(config.target_modules),
        "parameters": sorted(config.target_parameters),
        "rank_pattern": config.rank_pattern,
        "alpha_pattern": config.alpha_pattern,
        "modules": [path for path, module in modules if isinstance(module, Linear)],
        "tensors": {k: list(t.shape) for k, t in sorted(tensors.items()) if ".lora_" in k},
    }


def main(file):
    cases = [
        {"family": name, "settings": given, **outcome(name, given)}
        for name, experts in EXPERTS.items()
        for given in settings(experts)
    ]
    file.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
