"""Golden values of sampling: transformers' logits warpers in the order that generate applies them.

Run with torch==2.9.1, transformers==5.23.0:

    python warpers.py ../resources/io/sparkpeft/tensor/warpers.json
"""

import json
import sys

import torch
from transformers import (
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

ROWS, VOCABULARY = 3, 24
CASES = [
    (1.0, 0, 1.0),
    (0.7, 0, 1.0),
    (2.5, 0, 1.0),
    (1.0, 1, 1.0),
    (1.0, 5, 1.0),
    (1.0, 100, 1.0),
    (1.0, 0, 0.9),
    (1.0, 0, 0.5),
    (1.0, 0, 0.01),
    (0.6, 7, 0.8),
    (1.7, 10, 0.95),
]


def warpers(temperature, top_k, top_p):
    chain = LogitsProcessorList()
    if temperature != 1:
        chain.append(TemperatureLogitsWarper(temperature))
    if top_k:
        chain.append(TopKLogitsWarper(top_k=top_k))
    if top_p < 1:
        chain.append(TopPLogitsWarper(top_p=top_p))
    return chain


def main(target):
    logits = torch.randn([ROWS, VOCABULARY], generator=torch.Generator().manual_seed(3)) * 2
    # Ties across the border of the best five. (Where equal ones straddle top-p's border, it is
    # the sort that decides which stay, and no sort promises that.)
    best = logits[1].topk(6).indices
    logits[1, best[4]] = logits[1, best[5]]
    cases = []
    for temperature, top_k, top_p in CASES:
        scores = warpers(temperature, top_k, top_p)(None, logits.clone())
        kept = [
            {str(i): score for i, score in enumerate(row) if score != float("-inf")}
            for row in scores.tolist()
        ]
        cases.append(
            {"temperature": temperature, "top_k": top_k, "top_p": top_p, "kept": kept}
        )
    with open(target, "w", encoding="utf-8") as file:
        json.dump({"logits": logits.tolist(), "cases": cases}, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
