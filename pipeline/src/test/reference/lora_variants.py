"""Reference values of every variant of LoRA, by transformers 5.23.0, peft 0.21.2, torch 2.9.1.

    PYTHONHASHSEED=0 PYTHONPATH=. python -P lora_variants.py ../resources/io/sparkpeft/model/lora_variants [name ...]

The bases are those of families.py. Writes for each variant the adapter as PEFT saves it, all of its
values random, and expected.*: its logits, the loss and every gradient of a ragged batch, and for
some the same with given dropout masks. Variants that change their base when they begin (PiSSA,
OLoRA) are written as they are, and converted to a LoRA on the unchanged base. Of mixtures of experts
also the losses of five AdamW steps and greedy text.
"""

import copy
import json
import pathlib
import sys
import tempfile

import families
import torch
from families import LENGTHS, LONG, SEEDS, VOCABULARY, batch, config, decoder, padded, tokens
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file

KEEP = 0.75
QV = ["q_proj", "v_proj"]
SOME = ["q_proj", "o_proj", "down_proj"]
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]

VARIANTS = {
    "rslora": ("mistral", dict(target_modules=SOME, use_rslora=True, rank_pattern={"o_proj": 3})),
    "dora": ("qwen2", dict(target_modules="all-linear", use_dora=True)),
    "dora_dropout": ("qwen2", dict(target_modules=SOME, use_dora=True, lora_dropout=1 - KEEP)),
    "dora_conv1d": ("gpt2", dict(target_modules="all-linear", use_dora=True, use_rslora=True)),
    "dora_embedding": ("gemma2", dict(target_modules=["embed_tokens", "v_proj"], use_dora=True)),
    "dora_head": ("mistral", dict(target_modules=["lm_head", "v_proj"], use_dora=True)),
    "lora_bias": ("qwen2", dict(target_modules=SOME, lora_bias=True)),
    "lora_bias_merges": ("gpt2", dict(target_modules=["c_attn", "c_fc"], lora_bias=True)),
    "bias_all": ("gpt2", dict(target_modules=["c_attn"], bias="all")),
    "bias_all_parallel": ("phi", dict(target_modules=["q_proj", "fc2"], bias="all")),
    "bias_all_norm_last": ("opt_norm_last", dict(target_modules=["q_proj"], bias="all")),
    "bias_lora_only": ("qwen2", dict(target_modules=["q_proj", "o_proj"], bias="lora_only")),
    "bias_dora": ("llama_biased", dict(target_modules=SOME, bias="lora_only", use_dora=True)),
    "save_head": ("mistral", dict(target_modules=QV, modules_to_save=["lm_head"])),
    "save_norms": ("gemma2", dict(target_modules=["up_proj"], modules_to_save=["layernorm", "norm"])),
    "save_head_norms": ("qwen3", dict(target_modules=["up_proj"], modules_to_save=["q_norm", "k_norm"])),
    "save_embedding": ("gemma", dict(target_modules=QV, modules_to_save=["embed_tokens"])),
    "save_tied_head": ("qwen2", dict(target_modules=QV, modules_to_save=["lm_head"])),
    "save_both": ("qwen2", dict(target_modules=QV, modules_to_save=["lm_head", "embed_tokens"])),
    "save_tied": (
        "qwen2",
        dict(target_modules=QV, modules_to_save=["embed_tokens"], ensure_weight_tying=True),
    ),
    "save_layers": ("gpt_neox", dict(target_modules=["dense"], modules_to_save=["layers.1.mlp", "embed_in"])),
    "save_parallel_norms": ("falcon_40b", dict(target_modules=["dense"], modules_to_save=["ln_attn", "ln_mlp", "ln_f"])),
    "tokens": ("mistral", dict(target_modules=QV, trainable_token_indices=[9, 3, 31, 62])),
    "tokens_tied": ("qwen2", dict(target_modules=QV, trainable_token_indices=[9, 3, 31, 62])),
    "tokens_scaled": ("gemma2", dict(target_modules=QV, trainable_token_indices=[9, 3, 31])),
    "tokens_both": (
        "mistral",
        dict(
            target_modules=QV,
            trainable_token_indices={"embed_tokens": [5, 9, 3], "lm_head": [9, 77]},
        ),
    ),
    "embedding": ("mistral", dict(target_modules=["embed_tokens", "v_proj"])),
    "embedding_scaled": ("gemma2", dict(target_modules=["embed_tokens", "v_proj"])),
    "embedding_and_head": ("mistral", dict(target_modules=["embed_tokens", "lm_head"])),
    "embedding_tied": (
        "qwen2",
        dict(target_modules=["embed_tokens", "v_proj"], ensure_weight_tying=True),
    ),
    # With r 2, the second and third singular value of one layer are nearly as large, and PEFT's own
    # fp32 gives other logits on every processor.
    "pissa": ("mistral", dict(target_modules=SOME, init_lora_weights="pissa", r=3)),
    "pissa_conv1d": ("gpt2", dict(target_modules="all-linear", init_lora_weights="pissa", use_rslora=True)),
    "experts": ("mixtral", dict(target_modules="all-linear")),
    "experts_alone": (
        "qwen3_moe",
        dict(target_parameters=EXPERTS, use_rslora=True, rank_pattern={"experts.down_proj": 3}),
    ),
    "experts_back": ("mixtral", dict(target_modules=["q_proj"], target_parameters=EXPERTS[1:])),
    "experts_in": ("qwen3_moe", dict(target_modules=["o_proj", "gate_proj", "up_proj"])),
    "experts_router": ("qwen3_moe", dict(target_modules=[], target_parameters=["mlp.gate.weight"])),
    "olora": ("mistral", dict(target_modules=SOME, init_lora_weights="olora", lora_dropout=1 - KEEP)),
}


def base(name):
    model = decoder(config(name), SEEDS[name])
    model.name_or_path = model.config.name_or_path = "base"
    return model


def saved_parameters(model):
    """The trained parameters by the names that they are saved under."""
    by_place = {p.data_ptr(): p for p in model.parameters() if p.requires_grad}
    saved = get_peft_model_state_dict(model)
    return {key: by_place[t.data_ptr()] for key, t in saved.items() if t.data_ptr() in by_place}


def randomise(model, changed_base):
    torch.manual_seed(8)
    with torch.no_grad():
        for key, parameter in saved_parameters(model).items():
            noise = torch.randn_like(parameter) * 0.2
            begun = changed_base or ".lora_" not in key or "magnitude" in key
            parameter.copy_(parameter + 0.3 * noise if begun else noise)


class GivenMask(torch.nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.mask = mask

    def forward(self, x):
        return x * self.mask.view(x.shape) / KEEP


def put_masks(model, cells):
    generator = torch.Generator().manual_seed(13)
    masks = {}
    for name, module in model.named_modules():
        if "default" in getattr(module, "lora_dropout", {}):
            mask = torch.rand(cells, module.in_features, generator=generator) < KEEP
            masks["mask." + name.removeprefix("base_model.model.")] = mask.to(torch.uint8)
            module.lora_dropout["default"] = GivenMask(mask)
    return masks


def gradients(model, prefix):
    """A tensor that several modules share, some of them transposed, has the sum of its gradients."""
    shared = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            shared.setdefault(parameter.data_ptr(), {})[id(parameter)] = parameter
    result = {}
    for key, parameter in saved_parameters(model).items():
        parts = [p.grad for p in shared[parameter.data_ptr()].values()]
        shape = get_peft_model_state_dict(model)[key].shape
        result[prefix + key] = sum(g if g.shape == shape else g.t() for g in parts).contiguous()
    return result


def loss_and_gradients(model, ids, targets, prefix):
    model.zero_grad()
    logits = model(input_ids=ids).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(
        logits.reshape(-1, VOCABULARY), ids[:, 1:].reshape(-1), reduction="none"
    )
    loss = losses[targets[:, 1:].reshape(-1)].sum()
    loss.backward()
    return loss.item(), gradients(model, prefix)


def converted(model, folder, initial):
    """As PEFT documents it: the initial adapter beside the trained one."""
    model.save_pretrained(folder, path_initial_model_for_weight_conversion=initial)


def write_variant(folder, name):
    family, settings = VARIANTS[name]
    changed_base = isinstance(settings.get("init_lora_weights"), str)
    settings = {"r": 2, "lora_alpha": 6, "task_type": "CAUSAL_LM", **copy.deepcopy(settings)}
    model = get_peft_model(base(family), LoraConfig(**settings)).eval()
    with tempfile.TemporaryDirectory() as scratch:
        if changed_base:
            model.peft_config["default"].init_lora_weights = True
            model.save_pretrained(pathlib.Path(scratch) / "initial")
            model.peft_config["default"].init_lora_weights = settings["init_lora_weights"]
        randomise(model, changed_base)
        model.save_pretrained(folder / "adapter")
        if changed_base:
            again = copy.deepcopy(model)
            converted(again, folder / "converted", pathlib.Path(scratch) / "initial")
    long = tokens(10, LONG)
    with torch.no_grad():
        expected = {"adapted_logits": model(input_ids=long[None]).logits[0, ::4].clone()}
    documents, targets = batch()
    ids = torch.nn.utils.rnn.pad_sequence(documents, batch_first=True)
    targets = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True)
    loss, found = loss_and_gradients(model, ids, targets, "gradient.")
    expected.update(found)
    facts = {
        "base": family,
        "long": long.tolist(),
        "tokens": padded(documents),
        "targets": padded(list(targets)),
        "lengths": LENGTHS,
        "loss": loss,
    }
    if settings.get("lora_dropout"):
        expected.update(put_masks(model, ids.numel()))
        model.train()
        facts["dropped_loss"], found = loss_and_gradients(model, ids, targets, "dropped_gradient.")
        expected.update(found)
    if family in families.MIXTURES:
        prompts = families.PROMPTS
        with torch.no_grad():
            facts.update(prompts=prompts, greedy=[families.greedy(model, p) for p in prompts])
        facts["step_losses"] = families.losses_of_steps(model, *batch())
    save_file(expected, folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")
    for card in folder.glob("*/README.md"):
        card.unlink()


def main(root, names):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in VARIANTS:
        if not names or name in names:
            print(name, flush=True)
            (root / name).mkdir(parents=True, exist_ok=True)
            write_variant(root / name, name)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
