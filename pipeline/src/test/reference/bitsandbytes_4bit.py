"""What bitsandbytes 0.50.2 makes of weights and of models on a CPU.

    python bitsandbytes_4bit.py ../resources/io/sparkpeft

with bitsandbytes==0.50.2, transformers==5.23.0, peft==0.21.2, accelerate==1.15.0, torch==2.9.1.

writes quant/bitsandbytes_4bit.safetensors: weights, and for each way of quantising them the codes,
the scales and what they expand to; and model/quantized/*: tiny models in 16 bits and in four, as
transformers saves them, with an adapter and what both compute.
"""

import json
import pathlib
import shutil
import sys

import bitsandbytes.functional as bnb
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, GPT2Config

import llama

ROPE = {"rope_type": "default", "rope_theta": 500.0}
LLAMA = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"]
GPT2 = ["c_attn", "c_proj", "c_fc"]
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def weights():
    """By name: usual ones in three types, and those where rules differ."""
    generator = torch.Generator().manual_seed(5)
    normal = torch.randn(40, 96, generator=generator) * 0.05
    result = {f"normal_{name}": normal.to(dtype) for name, dtype in DTYPES.items()}
    # 99 columns: blocks cross rows, and the last one has 47 values, an odd number.
    result["partial"] = torch.randn(33, 99, generator=generator)
    # More than 256 blocks, the last group of scales not whole.
    spread = torch.rand(300, 1, generator=generator) * 3 + 0.01
    result["many"] = (torch.randn(300, 64, generator=generator) * spread).to(torch.bfloat16)
    result["edges"] = edges()
    return result


def edges():
    """Blocks of zeros, of values on every bound and beside it, of one value, of the least ones."""
    blocks = [torch.zeros(64)]
    for kind in ("nf4", "fp4"):
        codes = bnb.get_4bit_type(kind, device="cpu").sort()[0]
        bounds = (codes[:-1] + codes[1:]) / 2
        up = torch.nextafter(bounds, torch.tensor(2.0))
        down = torch.nextafter(bounds, torch.tensor(-2.0))
        block = torch.cat([bounds, up, down, torch.zeros(19)])
        block[-1] = 1
        blocks += [block, block * 0.3]
    blocks.append(torch.full((64,), -0.7))
    blocks.append(torch.linspace(-1e-39, 1e-39, 64))
    blocks.append(torch.tensor([1e-39, -1e-39] * 32).index_fill(0, torch.tensor([0]), 1.0))
    return torch.cat(blocks)


def quantized(values):
    expected = {}
    for name, weight in values.items():
        for kind in ("nf4", "fp4"):
            for block in (32, 64, 4096) if name == "partial" else (64,):
                for nested in (False, True):
                    case = f"{name}/{kind}/{block}" + ("/nested" if nested else "")
                    expected.update(one(case, weight, kind, block, nested))
    return expected


def one(case, weight, kind, block, nested):
    packed, state = bnb.quantize_4bit(
        weight, blocksize=block, quant_type=kind, compress_statistics=nested
    )
    parts = {"packed": packed.flatten(), "absmax": state.absmax}
    if nested:
        parts["offset"] = state.offset.reshape(1)
        parts["nested_absmax"] = state.state2.absmax
        parts["nested_quant_map"] = state.state2.code.clone()
    elif block == 64 and weight.dtype == torch.float32:
        for dtype in ("float32", "bfloat16"):
            parts[dtype] = expanded(packed, state, weight.shape, DTYPES[dtype])
    return {f"{case}:{part}": value.contiguous() for part, value in parts.items()}


def expanded(packed, state, shape, dtype):
    """By the rule, with the codes' exact values: the CPU kernel has those of FP4 rounded."""
    codes = torch.stack([packed.flatten() >> 4, packed.flatten() & 15], 1).flatten()
    values = state.code[codes.long()][: shape.numel()]
    scales = state.absmax.repeat_interleave(state.blocksize)[: shape.numel()]
    return (values * scales).to(dtype)


def decoders():
    """Small, and every row a multiple of 64: the CPU kernel of bitsandbytes errs on others."""
    shapes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1}
    llama_config = llama.config(False, 16, rope_parameters=ROPE)
    llama_config.update(shapes)
    heads = {"n_embd": 64, "n_head": 4, "n_layer": 1, "n_positions": 256}
    gpt2_config = GPT2Config(vocab_size=llama.VOCABULARY, bos_token_id=1, eos_token_id=2, **heads)
    return {"llama": (llama_config, LLAMA), "gpt2": (gpt2_config, GPT2)}


def write_plain(folder, config, targets):
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = "norm" in name or "ln_" in name
            spread = 0.1 if is_norm else 0.15
            parameter.copy_(torch.randn_like(parameter) * spread + (is_norm and "bias" not in name))
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    settings = LoraConfig(r=4, lora_alpha=8, target_modules=targets, init_lora_weights=False)
    get_peft_model(model.float(), settings).save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)


def write_quantized(source, folder, kind, nested):
    settings = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=kind,
        bnb_4bit_use_double_quant=nested,
        bnb_4bit_compute_dtype=torch.float32,
    )
    model = AutoModelForCausalLM.from_pretrained(
        source, quantization_config=settings, dtype=torch.float32, attn_implementation="eager"
    )
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    shutil.copytree(source / "adapter", folder / "adapter")
    adapted = PeftModel.from_pretrained(model, folder / "adapter", is_trainable=True)
    adapted.train()  # in evaluation its CPU kernel multiplies in bfloat16
    for module in adapted.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    long = llama.tokens(10, 200)
    with torch.no_grad():
        expected = {"adapted_logits": adapted(input_ids=long[None]).logits[0, ::8].clone()}
        with adapted.disable_adapter():
            expected["base_logits"] = adapted(input_ids=long[None]).logits[0, ::8].clone()
    ids, targets, lengths = llama.batch()
    loss, gradients = llama.loss_and_gradients(adapted, ids, targets, "gradient.")
    expected.update(gradients)
    save_file(expected, folder / "expected.safetensors")
    facts = {
        "long": long.tolist(),
        "tokens": ids.flatten().tolist(),
        "targets": targets.flatten().tolist(),
        "lengths": lengths,
        "loss": loss,
    }
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main(root):
    torch.set_num_threads(1)
    values = weights()
    (root / "quant").mkdir(exist_ok=True)
    save_file(values | quantized(values), root / "quant" / "bitsandbytes_4bit.safetensors")
    models = root / "model" / "quantized"
    for name, (config, targets) in decoders().items():
        write_plain(models / name, config, targets)
    write_quantized(models / "llama", models / "llama_nf4", "nf4", True)
    write_quantized(models / "llama", models / "llama_fp4", "fp4", False)
    write_quantized(models / "gpt2", models / "gpt2_nf4", "nf4", True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
