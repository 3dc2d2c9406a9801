"""Reference values of tiny random models of many families, by transformers 5.23.0, peft 0.21.2,
torch 2.9.1.

    PYTHONHASHSEED=0 python -P families.py ../resources/io/sparkpeft/model/families [name ...]

writes for each of them config.json, the weights, an adapter on all linear modules but the head (of
mixtures of experts on those of attention; B not zero) and expected.*: logits with and without it,
parameter counts, PEFT's default targets, the loss and every gradient of a ragged batch, the losses
of five AdamW steps, and greedy text. Norms and biases are random too. Windows are shorter than the
longest text.
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as DEFAULTS
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

VOCABULARY = 80
LONG = 40
LENGTHS = [21, 13, 7]
PROMPTS = [[3, 17, 5, 70], [4, 44], [5, 9, 9, 31, 62, 7, 20]]
NEW_TOKENS = 32
RATE = 0.01

WIDE = {
    "hidden_size": 24,
    "intermediate_size": 36,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
}
GROUPED = {**WIDE, "num_key_value_heads": 2}
GEMMA = {**GROUPED, "head_dim": 8, "query_pre_attn_scalar": 5, "sliding_window": 6}
LONG_ROPE = {
    "rope_type": "longrope",
    "short_factor": [1.0, 1.1],
    "long_factor": [1.5, 4.0],
    "rope_theta": 10000.0,
    "partial_rotary_factor": 0.75,
}
GPT2 = {"n_embd": 24, "n_layer": 2, "n_head": 4, "n_positions": 64}
OPT = {**WIDE, "ffn_dim": 36, "word_embed_proj_dim": 24}
FALCON = {**WIDE, "ffn_hidden_size": 36}

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]

MODELS = {
    "llama_biased": ("llama", {**GROUPED, "attention_bias": True, "mlp_bias": True}),
    "mistral": ("mistral", {**GROUPED, "head_dim": 8, "sliding_window": 6}),
    "qwen2": ("qwen2", {**GROUPED, "tie_word_embeddings": True}),
    "qwen2_window": (
        "qwen2",
        {**GROUPED, "use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1},
    ),
    "qwen3": ("qwen3", {**GROUPED, "head_dim": 8}),
    "smollm3": (
        "smollm3",
        {
            **GROUPED,
            "no_rope_layer_interval": 2,
            "use_sliding_window": True,
            "sliding_window": 6,
        },
    ),
    "gemma": ("gemma", {**GROUPED, "num_key_value_heads": 1, "head_dim": 8}),
    "gemma2": ("gemma2", {**GEMMA, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 5.0}),
    "gemma3": ("gemma3_text", {**GEMMA, "sliding_window_pattern": 2}),
    "phi": ("phi", {**WIDE, "rope_parameters": {"partial_rotary_factor": 0.67}}),
    "phi3": ("phi3", {**GROUPED, "sliding_window": 6}),
    "phi3_longrope": (
        "phi3",
        {**GROUPED, "original_max_position_embeddings": 16, "rope_parameters": LONG_ROPE},
    ),
    "starcoder2": ("starcoder2", {**GROUPED, "sliding_window": 6}),
    "mixtral": ("mixtral", {**GROUPED, "num_local_experts": 4}),
    "qwen3_moe": (
        "qwen3_moe",
        {
            **GROUPED,
            "head_dim": 8,
            "moe_intermediate_size": 20,
            "num_experts": 5,
            "num_experts_per_tok": 3,
        },
    ),
    "gpt2": ("gpt2", GPT2),
    "opt": ("opt", OPT),
    "opt_norm_last": ("opt", {**OPT, "do_layer_norm_before": False, "enable_bias": False}),
    "gpt_neox": ("gpt_neox", {**WIDE, "rope_parameters": {"partial_rotary_factor": 0.67}}),
    "gpt_neox_sequential": (
        "gpt_neox",
        {
            **WIDE,
            "use_parallel_residual": False,
            "attention_bias": False,
            "rope_parameters": {"partial_rotary_factor": 1.0},
        },
    ),
    "falcon_7b": ("falcon", FALCON),
    "falcon_40b": ("falcon", {**FALCON, "new_decoder_architecture": True, "num_kv_heads": 2}),
    "falcon_one_norm": (
        "falcon",
        {
            **FALCON,
            "new_decoder_architecture": True,
            "num_kv_heads": 2,
            "num_ln_in_parallel_attn": 1,
        },
    ),
    "falcon_rw": (
        "falcon",
        {
            **FALCON,
            "num_attention_heads": 6,
            "alibi": True,
            "multi_query": False,
            "parallel_attn": False,
            "bias": True,
        },
    ),
}
# What each model is drawn from.
MIXTURES = {"mixtral": 13, "qwen3_moe": 14}
SEEDS = {name: seed for seed, name in enumerate(n for n in MODELS if n not in MIXTURES)} | MIXTURES


def config(name):
    model_type, settings = MODELS[name]
    if "rope_parameters" in settings:
        parameters = {"rope_type": "default", "rope_theta": 10000.0, **settings["rope_parameters"]}
        settings = {**settings, "rope_parameters": parameters}
    return AutoConfig.for_model(
        model_type,
        vocab_size=VOCABULARY,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=None,
        **settings,
    )


def decoder(settings, seed):
    torch.manual_seed(seed)
    # Eager, transformers adds Falcon's ALiBi twice.
    attention = "sdpa" if getattr(settings, "alibi", False) else "eager"
    model = AutoModelForCausalLM.from_config(settings, attn_implementation=attention).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = parameter.ndim == 1 and name.endswith("weight")
            centre = 1.0 if norm and "gemma" not in settings.model_type else 0.0
            parameter.copy_(torch.randn_like(parameter) * (0.2 if norm else 0.25) + centre)
    return model


def adapted(model):
    torch.manual_seed(7)
    settings = LoraConfig(
        r=2,
        lora_alpha=6,
        target_modules=ATTENTION if model.config.model_type in MIXTURES else "all-linear",
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, settings).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.2)
    return model


def tokens(seed, *shape):
    return torch.randint(3, VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def batch():
    """Documents of different lengths; about half of their tokens are to be predicted."""
    documents = [tokens(20 + n, n) for n in LENGTHS]
    generator = torch.Generator().manual_seed(12)
    targets = [torch.rand(n, generator=generator) < 0.5 for n in LENGTHS]
    for target in targets:
        target[0] = False
    return documents, targets


def loss_of(model, documents, targets):
    """Each document by itself, so that padding plays no part."""
    loss = 0
    for ids, target in zip(documents, targets):
        logits = model(input_ids=ids[None]).logits[0, :-1]
        losses = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
        loss = loss + losses[target[1:]].sum()
    return loss


def padded(rows):
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).flatten().tolist()


def trainable(model):
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def losses_of_steps(model, documents, targets):
    count = sum(target.sum() for target in targets)
    optimizer = torch.optim.AdamW(trainable(model).values(), lr=RATE, weight_decay=0.01)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = loss_of(model, documents, targets) / count
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def greedy(model, prompt):
    ids = torch.tensor([prompt])
    made = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=NEW_TOKENS,
        min_new_tokens=NEW_TOKENS,
        do_sample=False,
        use_cache=True,
        pad_token_id=0,
        eos_token_id=None,
    )
    return made[0, len(prompt) :].tolist()


def write(folder, name, seed):
    settings = config(name)
    model = decoder(settings, seed)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    parameters = sum(p.numel() for p in model.parameters())
    long = tokens(10, LONG)
    with torch.no_grad():
        base = model(input_ids=long[None]).logits[0].clone()
    model = adapted(model)
    model.save_pretrained(folder / "adapter", save_embedding_layers=False)
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    with torch.no_grad():
        changed = model(input_ids=long[None]).logits[0].clone()
        text = [greedy(model, prompt) for prompt in PROMPTS]
    documents, targets = batch()
    loss = loss_of(model, documents, targets)
    loss.backward()
    expected = {"base_logits": base, "adapted_logits": changed}
    for key, parameter in trainable(model).items():
        expected["gradient." + key.replace(".default", "")] = parameter.grad.clone()
    save_file(expected, folder / "expected.safetensors")
    facts = {
        "parameters": parameters,
        "default_targets": DEFAULTS.get(settings.model_type),
        "long": long.tolist(),
        "tokens": padded(documents),
        "targets": padded(targets),
        "lengths": LENGTHS,
        "loss": loss.item(),
        "step_losses": losses_of_steps(model, documents, targets),
        "prompts": PROMPTS,
        "greedy": text,
    }
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main(root, names):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in MODELS:
        if not names or name in names:
            write(root / name, name, SEEDS[name])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
