"""What bitsandbytes 0.50.2 makes of weights and of models on a CPU.

    python bitsandbytes_4bit.py ../resources/io/sparkpeft

with bitsandbytes==0.50.2, transformers==5.23.0, peft==0.21.2, accelerate==1.15.0, torch==2.9.1.

writes quant/bitsandbytes_4bit.safetensors: weights, and for each way of quantising them the codes,
the scales and what they expand to; and model/quantized/*: the models of llama.py and families.py
in four bits, as transformers saves them, with an adapter and what both compute.
"""

import json
import pathlib
import shutil
import sys

import bitsandbytes.functional as bnb
import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

import llama

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


def write_model(source, folder, kind, nested):
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
    facts = json.loads((source / "expected.json").read_text())
    facts = {key: facts[key] for key in ("long", "tokens", "targets", "lengths")}
    adapted = PeftModel.from_pretrained(model, folder / "adapter", is_trainable=True)
    adapted.train()  # in evaluation its CPU kernel multiplies in bfloat16
    for module in adapted.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    long = torch.tensor([facts["long"]])
    with torch.no_grad():
        expected = {"adapted_logits": adapted(input_ids=long).logits[0, ::8].clone()}
        with adapted.disable_adapter():
            expected["base_logits"] = adapted(input_ids=long).logits[0, ::8].clone()
    ids = torch.tensor(facts["tokens"]).view(len(facts["lengths"]), -1)
    targets = torch.tensor(facts["targets"]).view(ids.shape)
    llama.VOCABULARY = model.config.vocab_size
    facts["loss"], gradients = llama.loss_and_gradients(adapted, ids, targets, "gradient.")
    expected.update(gradients)
    save_file(expected, folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main(root):
    torch.set_num_threads(1)
    values = weights()
    (root / "quant").mkdir(exist_ok=True)
    save_file(values | quantized(values), root / "quant" / "bitsandbytes_4bit.safetensors")
    models = root / "model"
    write_model(models / "untied", models / "quantized" / "llama_nf4", "nf4", True)
    write_model(models / "untied", models / "quantized" / "llama_fp4", "fp4", False)
    write_model(models / "families" / "gpt2", models / "quantized" / "gpt2_nf4", "nf4", True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
