"""Tiny LitGPT checkpoints and LoRA weights of every family, and what litgpt computes with them.

Run with litgpt==0.5.13, torch==2.9.1, safetensors, PyYAML:

    python convert_lit.py ../resources/io/sparkpeft/convert

and, for the layout of before 0.5, with litgpt==0.4.0 in its place:

    python convert_lit.py ../resources/io/sparkpeft/convert former

The judge is litgpt's own GPT: of a model its logits, of LoRA weights the logits of litgpt.lora.GPT,
unmerged, over the model of the same name. Its configuration is written by litgpt's save_config.
"""

import json
import pathlib
import sys

import torch
import yaml
from litgpt import GPT, Config
from litgpt import lora
from litgpt.utils import incremental_save, save_config
from safetensors.torch import save_file

TOKENS = [3, 17, 5, 40, 9, 9, 31, 2, 7, 20, 44, 11]

COMMON = dict(
    block_size=64, vocab_size=45, padded_vocab_size=48, n_layer=2, n_embd=16, n_head=4,
    intermediate_size=24,
)
GATED = dict(
    COMMON, n_query_groups=2, rotary_percentage=1.0, parallel_residual=False, bias=False,
    norm_class_name="RMSNorm", mlp_class_name="LLaMAMLP",
)
GEMMA = dict(
    GATED, mlp_class_name="GemmaMLP", scale_embeddings=True, gelu_approximate="tanh", head_size=6,
)
GEMMA2 = dict(GEMMA, post_attention_norm=True, post_mlp_norm=True, attention_scores_scalar=5)
LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_seq_len=16)

FAMILIES = {
    "llama": dict(GATED, rope_adjustments=LLAMA3, hf_config=dict(org="tiny", name="llama")),
    "condensed": dict(GATED, rope_condense_ratio=2, norm_eps=1e-6),
    "mistral": dict(GATED, sliding_window_size=4, rope_base=1000000),
    "qwen2": dict(GATED, attn_bias=True),
    "qwen3": dict(GATED, norm_qk=True, head_size=6),
    "phi3": dict(GATED, name="Phi-3-tiny", rotary_percentage=0.5, sliding_window_size=5, head_size=8),
    "gemma": dict(GEMMA, name="Gemma-tiny"),
    "gemma2": dict(
        GEMMA2, name="Gemma-2-tiny", sliding_window_size=3, sliding_window_indices=[1, 0],
        attention_logit_softcapping=2.0, final_logit_softcapping=20.0,
    ),
    "gemma3": dict(
        GEMMA2, name="Gemma-3-tiny", sliding_window_size=3, sliding_window_indices=[1, 0], norm_qk=True,
        rope_indices=[1, 0], rope_base=1000000, rope_local_base_freq=10000.0,
        rope_adjustments=dict(factor=8.0),
    ),
    "phi": dict(
        COMMON, rotary_percentage=0.5, shared_attention_norm=True, lm_head_bias=True,
        gelu_approximate="tanh",
    ),
    "pythia": dict(COMMON, rotary_percentage=0.5),
    "sequential_neox": dict(COMMON, rotary_percentage=1.0, parallel_residual=False),
    "falcon": dict(
        COMMON, name="falcon-7b-tiny", rotary_percentage=1.0, n_query_groups=1, bias=False,
        shared_attention_norm=True,
    ),
    "falcon_groups": dict(
        COMMON, name="falcon-40b-tiny", rotary_percentage=1.0, n_query_groups=2, bias=False,
    ),
}
TIED = ["gemma", "qwen3"]
BFLOAT16 = ["condensed"]

ALL = dict(lora_query=True, lora_key=True, lora_value=True, lora_projection=True, lora_mlp=True, lora_head=True)
QUERY_VALUE = dict(lora_query=True, lora_value=True)
# As their names begin, which model they are of.
LORAS = {
    "llama": QUERY_VALUE,
    "llama_all": ALL,
    "pythia": QUERY_VALUE,
    "pythia_all": ALL,
    "phi": dict(lora_key=True, lora_mlp=True),
    "phi3": ALL,
    "falcon_groups": QUERY_VALUE,
}
FORMER_MODELS = ["llama", "pythia"]
FORMER_LORAS = ["llama", "llama_all", "pythia", "pythia_all"]


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            spread = torch.randn(parameter.shape, generator=generator)
            norm = ".norm" in name or "ln_f" in name or "_norm." in name
            gemma = "Gemma" in model.config.name
            parameter.copy_(spread * (0.1 if norm else 0.3) + (norm and name.endswith("weight") and not gemma))


def logits(model):
    with torch.no_grad():
        return model.eval()(torch.tensor([TOKENS]))[0].contiguous()


def make(name, settings, folder, expected):
    config = Config(**{"name": name, **settings})
    model = GPT(config)
    randomize(model, sum(name.encode()))
    if name in TIED:
        with torch.no_grad():
            model.lm_head.weight.copy_(model.transformer.wte.weight)
    if name in BFLOAT16:
        with torch.no_grad():  # its tables of rotary positions stay as they are
            for parameter in model.parameters():
                parameter.copy_(parameter.bfloat16())
    expected[name] = logits(model)
    folder.mkdir(parents=True, exist_ok=True)
    save_config(config, folder)
    state = model.state_dict()
    if name in BFLOAT16:
        state = {key: value.bfloat16() for key, value in state.items()}
    if name == "mistral":  # as finetune_full does
        torch.save({"model": state}, folder / "lit_model.pth")
    else:  # as convert_hf_checkpoint does
        with incremental_save(folder / "lit_model.pth") as saver:
            saver.save(dict(state))
    return config, model


def make_lora(name, config, base, enabled, folder, expected):
    keys = dict(lora_r=2, lora_alpha=6, lora_dropout=0.05, **enabled)
    model = lora.GPT(lora.Config(**{**vars_of(config), **keys}))
    randomize(model, sum(name.encode()) + 1)
    former = {key: value for key, value in base.state_dict().items()}
    model.load_state_dict(former, strict=False)
    expected[f"{name}.lora"] = logits(model)
    folder.mkdir(parents=True, exist_ok=True)
    save_config(config, folder)
    state = {key: value for key, value in model.state_dict().items() if "lora_" in key}
    torch.save({"model": state}, folder / "lit_model.pth.lora")
    parts = ["query", "key", "value", "projection", "mlp", "head"]
    settings = dict(
        checkpoint_dir=f"checkpoints/tiny/{name}", out_dir="out/finetune/lora", precision=None,
        **keys, **{f"lora_{part}": False for part in parts if f"lora_{part}" not in keys},
        data=dict(class_path="litgpt.data.Alpaca2k", init_args=dict(prompt_style="alpaca", seed=42)),
    )
    (folder / "hyperparameters.yaml").write_text(yaml.dump(settings))


def vars_of(config):
    return {key: value for key, value in vars(config).items() if key != "rope_n_elem"}


def main(target, former):
    target = pathlib.Path(target)
    expected = {}
    prefix = "former_" if former else "lit_"
    models = {}
    for name, settings in FAMILIES.items():
        if former:
            if name not in FORMER_MODELS:
                continue
            # 0.4.0 had no rope_adjustments; its Llamas had plain rotary positions.
            settings = {key: value for key, value in settings.items() if key != "rope_adjustments"}
        models[name] = make(name, settings, target / (prefix + name), expected)
    for name, enabled in LORAS.items():
        if former and name not in FORMER_LORAS:
            continue
        config, base = models[name if name in models else name.removesuffix("_all")]
        make_lora(name, config, base, enabled, target / (prefix + name + ".lora"), expected)
    save_file({prefix + key: value for key, value in expected.items()}, target / f"{prefix}expected.safetensors")
    (target / "tokens.json").write_text(json.dumps(TOKENS) + "\n")


main(sys.argv[1], "former" in sys.argv[2:])
