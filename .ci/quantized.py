"""Loads the four-bit models that the tests wrote with transformers and bitsandbytes, and compares.

    quantized.py WRITTEN BASES    (torch==2.9.1, transformers==5.23.0, bitsandbytes==0.50.2)

WRITTEN holds a folder for each model, as QuantizedModelsTest leaves it; BASES what they were made
of. Their logits must be ours, their codes those that bitsandbytes makes of the same weights. The
type that bitsandbytes does not know must be refused.
"""

import json
import pathlib
import sys

import bitsandbytes as bnb
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

TOLERANCE = 1e-4
logging.disable_progress_bar()


def load(folder: pathlib.Path) -> torch.nn.Module:
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, bnb.nn.Linear4bit):
            module.compute_dtype, module.compute_type_is_set = torch.float32, True
    for parameter in model.parameters():
        if parameter.is_floating_point():
            parameter.data = parameter.data.float()
    return model.train()  # in evaluation its CPU kernel multiplies in bfloat16


def logit_difference(folder: pathlib.Path) -> float:
    facts = json.loads((folder / "expected.json").read_text())
    ours = load_file(folder / "expected.safetensors")["logits"]
    with torch.no_grad():
        theirs = load(folder / "model")(input_ids=torch.tensor([facts["tokens"]])).logits[0]
    return (theirs - ours).abs().max().item()


def wrong_codes(folder: pathlib.Path, bases: pathlib.Path) -> list[str]:
    base = json.loads((folder / "expected.json").read_text())["base"]
    plain = load_file(bases / base / "model.safetensors")
    written = load_file(folder / "model" / "model.safetensors")
    wrong = []
    for name, codes in written.items():
        states = [key for key in written if key.startswith(name + ".quant_state.")]
        if states:
            state = json.loads(bytes(written[states[0]].tolist()))
            weight = plain[name]
            weight = weight if list(weight.shape) == state["shape"] and base != "gpt2" else weight.T
            theirs, _ = bnb.functional.quantize_4bit(
                weight.contiguous(), blocksize=state["blocksize"], quant_type=state["quant_type"]
            )
            if not torch.equal(theirs, codes):
                wrong.append(name)
    return wrong


def main(written: pathlib.Path, bases: pathlib.Path) -> None:
    torch.set_num_threads(1)
    folders = sorted(f.parent for f in written.glob("*/expected.json"))
    assert folders, f"there are no models in {written}"
    for folder in folders:
        if "int4" in folder.name:
            try:
                load(folder / "model")
            except Exception as refusal:
                print(f"interop: {folder.name:24s} refused: {str(refusal).splitlines()[0][:60]}")
                continue
            raise AssertionError("transformers took int4 for one of its own")
        difference, wrong = logit_difference(folder), wrong_codes(folder, bases)
        print(f"interop: {folder.name:24s} differs by {difference:.1e}, codes as bitsandbytes'")
        assert not wrong, f"{folder.name}: other codes in {wrong}"
        assert difference <= TOLERANCE, f"{folder.name} computes something else"


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
