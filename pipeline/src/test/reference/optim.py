"""Golden values of the optim room: torch's optimizers and clipping, transformers' schedules.

Run with torch==2.9.1, transformers==5.23.0:

    python optim.py ../resources/io/sparkpeft/optim/optim.json
"""

import json
import sys

import torch
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

STEPS = 8
SHAPES = {"b": [3, 2], "a": [2, 5]}


def floats(tensor):
    """Exact fp32 values, as doubles."""
    return tensor.detach().flatten().tolist()


def random_tensors(generator, scale):
    return {
        name: torch.randn(shape, generator=generator) * scale
        for name, shape in SHAPES.items()
    }


def optimizer_run(make, groups):
    """One run: start, and for each step the rate, the gradients and the values after it.

    groups: per tensor, its learning-rate multiplier and weight decay.
    """
    generator = torch.Generator().manual_seed(7)
    start = random_tensors(generator, 0.5)
    parameters = {n: torch.nn.Parameter(v.clone()) for n, v in start.items()}
    optimizer = make(
        [
            {"params": [parameters[n]], "weight_decay": decay}
            for n, (_, decay) in groups.items()
        ]
    )
    steps = []
    for step in range(STEPS):
        rate = 0.01 / (step + 1)
        # Gradients of very different sizes, and some of exactly 0, try eps.
        gradients = random_tensors(generator, 10.0 ** (2 - 2 * step))
        gradients["a"][0, 0] = 0.0
        for group, (multiplier, _) in zip(optimizer.param_groups, groups.values()):
            group["lr"] = rate * multiplier
        for name, parameter in parameters.items():
            parameter.grad = gradients[name].clone()
        optimizer.step()
        steps.append(
            {
                "learning_rate": rate,
                "gradients": {n: floats(g) for n, g in gradients.items()},
                "values": {n: floats(p) for n, p in parameters.items()},
            }
        )
    return {
        "groups": {n: {"multiplier": m, "weight_decay": d} for n, (m, d) in groups.items()},
        "start": {n: floats(v) for n, v in start.items()},
        "steps": steps,
    }


def schedule(make, learning_rate, warmup, total, steps):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=learning_rate)
    scheduler = make(optimizer, warmup, total)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return {
        "learning_rate": learning_rate,
        "warmup_steps": warmup,
        "total_steps": total,
        "rates": rates,
    }


def schedules():
    makers = {
        "COSINE": get_cosine_schedule_with_warmup,
        "LINEAR": get_linear_schedule_with_warmup,
        "CONSTANT": lambda o, warmup, _: get_constant_schedule_with_warmup(o, warmup),
    }
    return [
        {"shape": shape} | schedule(make, 3e-4, warmup, total, steps)
        for shape, make in makers.items()
        for warmup, total, steps in [(0, 1, 1), (0, 7, 7), (3, 20, 20), (5, 5, 5), (10, 4, 4), (2, 6, 9)]
    ]


def clipping():
    cases = []
    generator = torch.Generator().manual_seed(11)
    for scale, max_norm in [(10.0, 1.0), (0.01, 1.0), (1.0, 0.25), (0.0, 1.0)]:
        gradient = torch.randn(50, generator=generator) * scale
        parameter = torch.nn.Parameter(torch.zeros(50))
        parameter.grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_([parameter], max_norm)
        cases.append(
            {
                "max_norm": max_norm,
                "gradient": floats(gradient),
                "norm": norm.item(),
                "clipped": floats(parameter.grad),
            }
        )
    return cases


def main(path):
    torch.set_num_threads(1)
    same = {"b": (1.0, 0.01), "a": (1.0, 0.01)}
    lora_plus = {"b": (16.0, 0.0), "a": (1.0, 0.1)}
    adamw = lambda groups: torch.optim.AdamW(groups, lr=1, betas=(0.9, 0.999), eps=1e-8)
    odd_adamw = lambda groups: torch.optim.AdamW(groups, lr=1, betas=(0.8, 0.95), eps=1e-3)
    sgd = lambda momentum: lambda groups: torch.optim.SGD(groups, lr=1, momentum=momentum)
    golden = {
        "runs": {
            "adamw": optimizer_run(adamw, same),
            "adamw_groups": optimizer_run(odd_adamw, lora_plus),
            "sgd": optimizer_run(sgd(0.0), same),
            "sgd_momentum": optimizer_run(sgd(0.9), lora_plus),
        },
        "schedules": schedules(),
        "clipping": clipping(),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


main(sys.argv[1])
