"""Loads the adapters that the tests trained with PEFT, and compares their logits with ours.

    adapters.py INTEROP FAMILIES    (torch==2.9.1, transformers==5.23.0, peft==0.21.2)

INTEROP holds a folder for each adapter, as TrainedAdaptersTest leaves it; FAMILIES the bases.
"""

import json
import pathlib
import sys
import warnings

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

TOLERANCE = 1e-4
logging.disable_progress_bar()


def judge(folder: pathlib.Path, families: pathlib.Path) -> tuple[float, float]:
    facts = json.loads((folder / "expected.json").read_text())
    ours = load_file(folder / "expected.safetensors")["logits"]
    ids = torch.tensor([facts["tokens"]])
    base = AutoModelForCausalLM.from_pretrained(
        families / facts["base"], dtype=torch.float32, attn_implementation="eager"
    ).eval()
    with torch.no_grad():
        before = base(input_ids=ids).logits[0].clone()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = PeftModel.from_pretrained(base, folder / "adapter").eval()
        missing = [str(w.message) for w in caught if "missing" in str(w.message).lower()]
        assert not missing, f"{folder.name}: {missing}"
        theirs = model(input_ids=ids).logits[0]
    return (theirs - ours).abs().max().item(), (theirs - before).abs().max().item()


def main(interop: pathlib.Path, families: pathlib.Path) -> None:
    folders = sorted(f.parent for f in interop.glob("*/expected.json"))
    assert folders, f"there are no adapters in {interop}"
    wrong = []
    for folder in folders:
        difference, moved = judge(folder, families)
        print(f"interop: {folder.name:20s} differs by {difference:.1e}, moves logits by {moved:.2f}")
        if difference > TOLERANCE or moved < 1e-3:
            wrong.append(folder.name)
    assert not wrong, f"PEFT computes something else with {wrong}"


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
