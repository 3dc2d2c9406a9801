"""What transformers 4.57.1 and bitsandbytes 0.50.2 make of a mixture of experts in four bits.

    python bitsandbytes_experts.py ../resources/io/sparkpeft/model/quantized

with bitsandbytes==0.50.2, transformers==4.57.1, peft==0.21.2, accelerate==1.15.0, torch==2.9.1:
the last transformers whose experts are linear layers, which bitsandbytes replaces. (Version 5 keeps
all of a layer's in two parameters; bitsandbytes leaves these as they are, and a checkpoint with
experts in four bits is refused.) Writes mixtral in 16 bits and mixtral_nf4, whose router is in
four bits too, as bitsandbytes_4bit.py writes its models.
"""

import pathlib
import sys

import torch
from transformers import MixtralConfig

import bitsandbytes_4bit
import llama

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]

# Every row a multiple of 64: the CPU kernel of bitsandbytes errs on others.
MIXTRAL = MixtralConfig(
    vocab_size=llama.VOCABULARY,
    hidden_size=64,
    intermediate_size=64,
    num_hidden_layers=1,
    num_attention_heads=4,
    num_key_value_heads=2,
    num_local_experts=3,
    num_experts_per_tok=2,
    max_position_embeddings=256,
    rope_theta=500.0,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=None,
)


def main(models):
    torch.set_num_threads(1)
    bitsandbytes_4bit.write_plain(models / "mixtral", MIXTRAL, ATTENTION)
    bitsandbytes_4bit.write_quantized(models / "mixtral", models / "mixtral_nf4", "nf4", True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
