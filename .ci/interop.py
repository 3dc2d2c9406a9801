"""Loads the quickstart's adapter and merged model with PEFT and transformers, and compares.

    interop.py RUNS    (torch==2.9.1, transformers==5.23.0, peft==0.21.2)

PEFT must load the adapter as its own, the merged model must give the logits of base + adapter, and
the share of right answers must be the one that our evaluation reported. That computes in bfloat16
where the processor does, and this in float32: answers that are nearly ties may differ.
"""

import json
import pathlib
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

TOLERANCE = 0.05  # the merged weights are rounded to bfloat16 once
NEAR_TIE = 0.25  # two steps of bfloat16 between 16 and 32, as these logits are


def main(runs: pathlib.Path) -> None:
    result = json.loads((runs / "_RESULT.json").read_text())
    base_path, adapter_path = result["model_path"], result["adapter_path"]
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{base_path}/tokenizer.json")
    base = AutoModelForCausalLM.from_pretrained(base_path, dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, adapter_path).eval()
    merged = AutoModelForCausalLM.from_pretrained(result["merged_path"], dtype=torch.float32).eval()
    missing = [k for k, v in adapted.named_parameters() if "lora_B" in k and not v.any()]
    assert not missing, f"PEFT left these at zero: {missing}"

    questions = []
    for file in sorted(pathlib.Path(result["test_path"]).glob("*.jsonl")):
        for line in file.read_text().splitlines():
            document = json.loads(line)
            context = document["context"].strip().replace("\n\n", "\n")
            context = context.replace("Q:", "Question:").replace("A:", "Answer:")
            questions.append((context, document["completion"]))

    right, near_ties, widest, moved = 0, 0, 0.0, 0.0
    with torch.no_grad():
        for context, completion in questions:
            ids = torch.tensor([tokenizer(context + completion).input_ids])
            count = ids.shape[1] - len(tokenizer(context).input_ids)
            logits = adapted(input_ids=ids).logits
            widest = max(widest, (logits - merged(input_ids=ids).logits).abs().max().item())
            with adapted.disable_adapter():
                moved = max(moved, (logits - adapted(input_ids=ids).logits).abs().max().item())
            margin = least_margin(logits[0, -count - 1 : -1], ids[0, -count:])
            right += margin > 0
            near_ties += abs(margin) < NEAR_TIE
    share = right / len(questions)
    print(
        f"interop: PEFT answers {share:.3f} of {len(questions)} questions, ours"
        f" {result['score_after']:.3f}, with {near_ties} near ties; merged and unmerged logits"
        f" differ by at most {widest:.4f}, where the adapter moves them by up to {moved:.2f}"
    )
    assert abs(share - result["score_after"]) <= (near_ties + 0.5) / len(questions)
    assert widest <= TOLERANCE * max(1.0, moved), "the merged model is not base + adapter"
    assert moved > 1e-3, "the adapter changes nothing"


def least_margin(logits: torch.Tensor, answer: torch.Tensor) -> float:
    """How far the answer's tokens are above all others: negative if any is below one."""
    own = logits.gather(1, answer[:, None])[:, 0]
    others = logits.scatter(1, answer[:, None], float("-inf")).max(1).values
    return (own - others).min().item()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
