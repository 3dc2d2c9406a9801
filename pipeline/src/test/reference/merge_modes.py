"""Golden weights of PEFT's other ways to merge, onto the bf16 base of peft_adapter.py.

Run with peft==0.21.2, torch==2.9.1, transformers==5.23.0, safetensors:

    python merge_modes.py ../resources/io/sparkpeft/adapter

safe: merged with safe_merge. order: two adapters merged one after the other. back: merged and
unmerged again.
"""

import sys
import warnings
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM


def model(folder, *adapters):
    base = AutoModelForCausalLM.from_pretrained(folder / "base_bf16", dtype=torch.bfloat16)
    first, *others = adapters
    peft = PeftModel.from_pretrained(base, folder / first, adapter_name=first)
    for name in others:
        peft.load_adapter(folder / name, adapter_name=name)
    return peft


def save(path, base):
    state = {name: value.contiguous() for name, value in base.state_dict().items()}
    save_file(state, path, metadata={"format": "pt"})


def main(folder):
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    safe = model(folder, "few").merge_and_unload(safe_merge=True)
    save(folder / "merged_few_safe.safetensors", safe)
    order = model(folder, "few", "everything").merge_and_unload(
        adapter_names=["few", "everything"]
    )
    save(folder / "merged_in_order.safetensors", order)
    back = model(folder, "few")
    back.merge_adapter(["few"])
    back.unmerge_adapter()
    save(folder / "merged_few_back.safetensors", back.unload())


main(Path(sys.argv[1]))
