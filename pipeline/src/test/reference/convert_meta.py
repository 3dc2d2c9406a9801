"""Tiny checkpoints in Meta's layout, and what Meta's model computes with them.

Run with torch==2.9.1, transformers==5.23.0, safetensors:

    python convert_meta.py ../resources/io/sparkpeft/convert

The judge is a small twin of Meta's llama/model.py: rotary positions turn neighbouring features as
complex numbers, scores and softmax are in fp32. The twin itself is checked against transformers with
weights permuted as in its convert_llama_weights_to_hf.py. Parts are split as fairscale's parallel
layers split them.
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY = 48
LAST = 4  # positions whose logits are kept

PARAMS = {
    "llama1": dict(dim=16, n_layers=2, n_heads=4, multiple_of=16, norm_eps=1e-6, vocab_size=-1),
    "llama2": dict(
        dim=16, n_layers=2, n_heads=4, n_kv_heads=2, multiple_of=8, ffn_dim_multiplier=1.3,
        norm_eps=1e-5, vocab_size=-1,
    ),
    "llama31": dict(
        dim=32, n_layers=2, n_heads=4, n_kv_heads=2, multiple_of=16, ffn_dim_multiplier=1.0,
        norm_eps=1e-5, rope_theta=500000.0, use_scaled_rope=True, vocab_size=VOCABULARY,
    ),
    "llama32": dict(
        dim=16, n_layers=1, n_heads=2, n_kv_heads=1, multiple_of=16, norm_eps=1e-5,
        rope_theta=500000.0, use_scaled_rope=True, vocab_size=VOCABULARY,
    ),
    "mistral": dict(
        dim=16, n_layers=2, n_heads=4, n_kv_heads=2, head_dim=6, hidden_dim=24, norm_eps=1e-5,
        sliding_window=5, vocab_size=VOCABULARY,
    ),
}
# Of Meta's code for 3.2, where its releases have 32 as transformers' configs say.
FACTOR = {"llama31": 8.0, "llama32": 32.0}
TIED = ["llama32"]
DTYPE = {"llama1": torch.float16, "llama31": torch.bfloat16}
ROWS = ["wq", "wk", "wv", "w1", "w3", "output"]
COLUMNS = ["wo", "w2"]


def tokens(name):
    count = 500 if "llama3" in name else 12
    return torch.randint(0, VOCABULARY, (count,), generator=torch.Generator().manual_seed(5))


def sizes(p):
    head = p.get("head_dim", p["dim"] // p["n_heads"])
    inner = int(p.get("ffn_dim_multiplier", 1) * int(2 * 4 * p["dim"] / 3))
    multiple = p.get("multiple_of", 256)
    inner = p.get("hidden_dim", multiple * ((inner + multiple - 1) // multiple))
    return head, p.get("n_kv_heads", p["n_heads"]), inner


def weights(name, p):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    head, kv, inner = sizes(p)
    dim, heads = p["dim"], p["n_heads"]

    def matrix(rows, columns):
        return torch.randn(rows, columns, generator=generator) * 0.3

    def norm():
        return 1 + torch.randn(dim, generator=generator) * 0.1

    state = {"tok_embeddings.weight": matrix(VOCABULARY, dim), "norm.weight": norm()}
    for i in range(p["n_layers"]):
        shapes = {
            "attention.wq": (heads * head, dim), "attention.wk": (kv * head, dim),
            "attention.wv": (kv * head, dim), "attention.wo": (dim, heads * head),
            "feed_forward.w1": (inner, dim), "feed_forward.w2": (dim, inner),
            "feed_forward.w3": (inner, dim),
        }
        for key, shape in shapes.items():
            state[f"layers.{i}.{key}.weight"] = matrix(*shape)
        state[f"layers.{i}.attention_norm.weight"] = norm()
        state[f"layers.{i}.ffn_norm.weight"] = norm()
    state["output.weight"] = state["tok_embeddings.weight"] if name in TIED else matrix(VOCABULARY, dim)
    dtype = DTYPE.get(name, torch.float32)
    stored = {key: value.to(dtype) for key, value in state.items()}
    if name in TIED:
        stored["output.weight"] = stored["tok_embeddings.weight"]
    return stored


def frequencies(name, p):
    head, _, _ = sizes(p)
    plain = 1.0 / (p.get("rope_theta", 10000.0) ** (torch.arange(0, head, 2).float() / head))
    if not p.get("use_scaled_rope"):
        return plain
    factor, low, high, context = FACTOR[name], 1, 4, 8192
    scaled = []
    for frequency in plain:
        length = 2 * math.pi / frequency
        if length < context / high:
            scaled.append(frequency)
        elif length > context / low:
            scaled.append(frequency / factor)
        else:
            smooth = (context / length - low) / (high - low)
            scaled.append((1 - smooth) * frequency / factor + smooth * frequency)
    return torch.tensor(scaled)


def turn(x, turns):
    """x [length, heads, head]: neighbours are the parts of one complex number."""
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turns[:, None]).flatten(2)


def logits(name, p, state, ids):
    w = {key: value.float() for key, value in state.items()}
    head, kv, _ = sizes(p)
    heads, length = p["n_heads"], len(ids)
    angles = torch.outer(torch.arange(length).float(), frequencies(name, p))
    turns = torch.polar(torch.ones_like(angles), angles)
    distance = torch.arange(length)[:, None] - torch.arange(length)[None]
    seen = (distance >= 0) & (distance < p.get("sliding_window", length))

    def norm(x, key):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + p["norm_eps"]) * w[key]

    h = w["tok_embeddings.weight"][ids]
    for i in range(p["n_layers"]):
        layer = f"layers.{i}."
        x = norm(h, layer + "attention_norm.weight")
        q, k, v = (
            (x @ w[f"{layer}attention.w{part}.weight"].T).view(length, -1, head) for part in "qkv"
        )
        q, k = turn(q, turns), turn(k, turns)
        k, v = (part.repeat_interleave(heads // kv, 1) for part in (k, v))
        scores = torch.einsum("ihd,jhd->hij", q, k) / math.sqrt(head)
        shares = scores.masked_fill(~seen, float("-inf")).softmax(-1)
        mixed = torch.einsum("hij,jhd->ihd", shares, v).flatten(1)
        h = h + mixed @ w[layer + "attention.wo.weight"].T
        x = norm(h, layer + "ffn_norm.weight")
        gate = torch.nn.functional.silu(x @ w[layer + "feed_forward.w1.weight"].T)
        h = h + (gate * (x @ w[layer + "feed_forward.w3.weight"].T)) @ w[layer + "feed_forward.w2.weight"].T
    return (norm(h, "norm.weight") @ w["output.weight"].T)[-LAST:].contiguous()


def check(name, p, state, ids, expected):
    """The twin against transformers."""
    head, kv, inner = sizes(p)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=p["dim"], intermediate_size=inner, head_dim=head,
        num_hidden_layers=p["n_layers"], num_attention_heads=p["n_heads"], num_key_value_heads=kv,
        rms_norm_eps=p["norm_eps"], max_position_embeddings=1024,
        rope_parameters=dict(
            rope_type="llama3", rope_theta=p["rope_theta"], factor=FACTOR[name], low_freq_factor=1.0,
            high_freq_factor=4.0, original_max_position_embeddings=8192,
        ) if name in FACTOR else dict(rope_type="default", rope_theta=10000.0),
    )
    model = LlamaForCausalLM._from_config(config, attn_implementation="eager").eval()
    names = {
        "attention.wv": "self_attn.v_proj", "attention.wo": "self_attn.o_proj",
        "attention.wq": "self_attn.q_proj", "attention.wk": "self_attn.k_proj",
        "feed_forward.w1": "mlp.gate_proj", "feed_forward.w2": "mlp.down_proj",
        "feed_forward.w3": "mlp.up_proj", "attention_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm", "tok_embeddings": "embed_tokens",
    }
    renamed = {}
    for key, value in state.items():
        new = key
        for old, other in names.items():
            new = new.replace(old, other)
        if ".wq." in key or ".wk." in key:
            value = value.view(-1, head // 2, 2, p["dim"]).transpose(1, 2).reshape(value.shape)
        renamed["lm_head.weight" if key == "output.weight" else "model." + new] = value.float()
    model.load_state_dict(renamed)
    with torch.no_grad():
        theirs = model(ids[None]).logits[0, -LAST:]
    assert (theirs - expected).abs().max() < 2e-5, name


def part(key, value, index, count, embedding):
    name = key.removesuffix(".weight").split(".")[-1]
    if name in ROWS or (name == "tok_embeddings" and embedding == "rows"):
        return value.chunk(count, 0)[index].clone()
    if name in COLUMNS or name == "tok_embeddings":
        return value.chunk(count, 1)[index].clone()
    return value.clone()


def save(folder, p, state, count=1, embedding="columns"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.json").write_text(json.dumps(p) + "\n")
    for index in range(count):
        parts = {key: part(key, value, index, count, embedding) for key, value in state.items()}
        torch.save(state if count == 1 else parts, folder / f"consolidated.{index:02d}.pth")


def main(target):
    target = pathlib.Path(target)
    expected = {}
    for name, p in PARAMS.items():
        state, ids = weights(name, p), tokens(name)
        expected[name] = logits(name, p, state, ids)
        expected[f"{name}.tokens"] = ids.to(torch.int32)
        if name != "mistral":
            check(name, p, state, ids, expected[name])
        folder = target / f"meta_{name}"
        if name == "mistral":
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "params.json").write_text(json.dumps(p) + "\n")
            save_file(state, folder / "consolidated.safetensors", metadata={"format": "pt"})
        elif name == "llama1":
            save(folder, p, {**state, "rope.freqs": frequencies(name, p)})
        elif name == "llama31":
            save(folder, p, state, 2, "rows")
        else:
            save(folder, p, state)
        if name == "llama2":
            save(target / "meta_llama2_parts", p, state, 2)
    save_file(expected, target / "meta_expected.safetensors")


main(sys.argv[1])
