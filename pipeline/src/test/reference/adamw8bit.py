"""Golden values of AdamW with 8-bit state: bitsandbytes' AdamW8bit on a CPU.

Run with bitsandbytes==0.50.2, torch==2.9.1, safetensors:

    python adamw8bit.py ../resources/io/sparkpeft/optim

Its native code for CPUs looks codes up in a table of 65,536 places instead of searching for the
nearest one, so that it never gives those next to 0. Here its own torch code searches, as its CUDA
code does.
"""

import sys

import torch
from bitsandbytes.backends.cpu import ops
from bitsandbytes.optim import AdamW8bit
from safetensors.torch import save_file

# 21 blocks, the last of 5 values; and one that is too small for 8 bits.
SHAPES = {"large": [25, 205], "small": [7, 400]}
SAVED = (1, 10)


def quantize_to_nearest(values, code, absmax, codes, blocksize):
    operator = torch.ops.bitsandbytes.quantize_blockwise.default
    plain = torch._C.DispatchKey.CompositeExplicitAutograd
    found = operator._op_dk(plain, values, code, blocksize)
    codes.copy_(found[0])
    absmax.copy_(found[1])


def values(shape, step):
    """The same numbers in the test: products and remainders of small integers."""
    count = shape[0] * shape[1]
    i = torch.arange(count, dtype=torch.int64)
    whole = (7919 * i + 104729 * step) % 2003 - 1001
    scale = 10.0 ** -(i // 256 % 5).double()
    result = (whole.double() / 1000 * scale).float()
    result[256:512] = 0  # a block of zeros
    return result.reshape(shape)


def main(folder):
    torch.set_num_threads(1)
    ops._quant_blockwise_fp32_direct = quantize_to_nearest
    parameters = {n: torch.nn.Parameter(values(s, 0)) for n, s in SHAPES.items()}
    optimizer = AdamW8bit(
        parameters.values(), lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1
    )
    golden = {}
    for step in range(1, max(SAVED) + 1):
        for name, parameter in parameters.items():
            parameter.grad = values(SHAPES[name], step)
        optimizer.step()
        if step in SAVED:
            for name, parameter in parameters.items():
                state = optimizer.state[parameter]
                kept = {k: v for k, v in state.items() if k.startswith(("state", "absmax"))}
                for key, tensor in ({"value": parameter.data} | kept).items():
                    golden[f"{step}.{name}.{key}"] = tensor.clone()
                if name == "large":
                    golden["qmap1"], golden["qmap2"] = state["qmap1"], state["qmap2"]
    save_file(golden, f"{folder}/adamw8bit.safetensors")


main(sys.argv[1])
