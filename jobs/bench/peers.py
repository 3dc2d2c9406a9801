#!/usr/bin/env python3
"""The same LoRA training by spark-peft and by transformers + PEFT, in turns, side by side.

    python3 -m venv venv
    venv/bin/pip install torch==2.9.1 transformers==5.23.0 peft==0.21.2 datasets==5.2.0 accelerate==1.15.0
    venv/bin/python jobs/bench/peers.py --model 110m --mode trainer-fp32 --mode packed-bf16-weights
    venv/bin/python jobs/bench/peers.py --model FOLDER --instructions alpaca_data.json

Both sides train LoRA (r 8, alpha 16, dropout 0.05, the seven projections, AdamW 3e-4, clipping at 1)
on the same documents, 16 in a step, with as many threads. A model is a folder of Hugging Face's, or
a shape (15m, 110m, 1b) with random weights. Documents are read from --documents (a line each:
{"tokens": [...], "prompt_tokens": n}), or made from Alpaca-like --instructions by the model's
tokenizer (or that of --tokenizer), or drawn with Alpaca's lengths.

Modes of transformers + PEFT:
  trainer-fp32, trainer-bf16   its Trainer as people run it: batches of 4, padded, accumulated by 4;
                               bf16 is autocast over fp32 weights
  trainer-bf16-weights         the same with bf16 weights
  packed-...                   its best setting: an own loop, documents packed into rows of at most
                               1,024 tokens, SDPA with the block mask that it makes of the positions,
                               fused AdamW
  ...-checkpointed             any of these with gradient checkpointing

Ours computes in float32 beside fp32 modes, else in bfloat16, and packs beside packed ones. Ours and
theirs take turns, --rounds times, so that noise hits both; the table shows medians. Speed is that
of the steps after the third, in real tokens. Memory is the peak above the process's floor and the
weights. The whole command of ours includes a profiled step and the measuring of the GEMM limit.
"""

import argparse
import json
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WARMUP_STEPS = 3
STEP_DOCUMENTS = 16
MICRO_BATCH = 4
PACKED_TOKENS = 1024
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
MODES = [
    kind + "-" + dtype + checkpointing
    for kind in ("trainer", "packed")
    for dtype in ("fp32", "bf16", "bf16-weights")
    for checkpointing in ("", "-checkpointed")
]

# hidden, intermediate, layers, heads, heads of keys and values
SHAPES = {
    "15m": (288, 768, 6, 6, 6),
    "110m": (768, 2048, 12, 12, 12),
    "1b": (2048, 5632, 22, 32, 4),
}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="a folder, or one of " + ", ".join(SHAPES))
    parser.add_argument("--mode", action="append", choices=MODES, metavar="MODE", dest="modes")
    parser.add_argument("--documents", type=pathlib.Path)
    parser.add_argument("--instructions", type=pathlib.Path, help="a JSON array as Alpaca's")
    parser.add_argument("--tokenizer", help="a folder; default: the model's")
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--steps", type=int, default=10, help="measured, after 3 others")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--set", action="append", default=[], help="further keys of ours")
    launcher = HERE.parent / "bin" / "spark-peft"
    parser.add_argument(
        "--ours",
        default=f"{shlex.quote(str(launcher))} bench",
        help="the command that benches ours [%(default)s]",
    )
    options = parser.parse_args()
    options.modes = options.modes or ["trainer-fp32", "packed-fp32"]
    return options


# --- What both sides read ---


def model_folder(name, scratch):
    if name not in SHAPES:
        return pathlib.Path(name)
    hidden, intermediate, layers, heads, kv_heads = SHAPES[name]
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "vocab_size": 32000,
    }
    folder = scratch / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def documents(options, folder):
    """As many as the steps take, none without a target or longer than the maximum."""
    if options.documents:
        found = [json.loads(line) for line in options.documents.read_text().splitlines()]
    elif options.instructions:
        found = tokenized(options.instructions, options.tokenizer or folder)
    else:
        found = drawn(json.loads((folder / "config.json").read_text())["vocab_size"])
    count = (WARMUP_STEPS + options.steps) * STEP_DOCUMENTS
    kept = []
    for document in found:
        tokens = len(document["tokens"])
        if max(1, document["prompt_tokens"]) < tokens <= options.max_length:
            kept.append(document)
        if len(kept) == count:
            return kept
    if not kept:
        sys.exit("There is no document with a target and at most --max-length tokens.")
    return [kept[i % len(kept)] for i in range(count)]


def drawn(vocabulary):
    """Without end: lengths as Alpaca's by LLaMA's tokenizer."""
    source = random.Random(42)
    while True:
        prompt = 31 + int(28 * source.lognormvariate(0, 0.53))
        answer = 1 + int(39 * source.lognormvariate(0, 1.1))
        tokens = [source.randrange(vocabulary) for _ in range(prompt + answer)]
        yield {"tokens": tokens, "prompt_tokens": prompt}


def tokenized(file, tokenizer_folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    for record in json.loads(file.read_text()):
        if record["output"]:
            prompt = tokenizer(alpaca_prompt(record)).input_ids
            answer = tokenizer(record["output"], add_special_tokens=False).input_ids + end
            yield {"tokens": prompt + answer, "prompt_tokens": len(prompt)}


def alpaca_prompt(record):
    if record.get("input"):
        return (
            "Below is an instruction that describes a task, paired with an input that provides "
            "further context. Write a response that appropriately completes the request.\n\n"
            f"### Instruction:\n{record['instruction']}\n\n### Input:\n{record['input']}\n\n"
            "### Response:\n"
        )
    return (
        "Below is an instruction that describes a task. Write a response that appropriately "
        f"completes the request.\n\n### Instruction:\n{record['instruction']}\n\n### Response:\n"
    )


# --- Turns ---


def run_ours(options, mode, folder, file):
    is_padded = mode.startswith("trainer")
    full = max(1, PACKED_TOKENS // options.max_length)  # documents of a whole pack
    settings = {
        "model.path": folder,
        "model.dtype": "float32" if "fp32" in mode else "bfloat16",
        "adapter.target_modules": ",".join(MODULES),
        "data.max_length": options.max_length,
        "train.global_batch_size": STEP_DOCUMENTS,
        "train.micro_batch_size": MICRO_BATCH if is_padded else full,
        "data.packing": "false" if is_padded else "true",
        "train.gradient_checkpointing": "true" if "checkpointed" in mode else "auto",
        "bench.documents": file,
        "bench.warmup_steps": WARMUP_STEPS,
        "bench.steps": options.steps,
        "bench.profile_steps": 1,
        "bench.workers": options.threads if options.device == "cpu" else 1,
        "bench.device": "cpu" if options.device == "cpu" else "gpu",
    }
    command = shlex.split(options.ours) + ["--json"]
    for assignment in [f"{key}={value}" for key, value in settings.items()] + options.set:
        command += ["--set", assignment]
    result, seconds = run(command)
    return {
        "tokens_per_second": result["tokens_per_second"],
        "share_of_limit": result["share_of_limit"],
        "seconds": seconds,
        "memory": result["memory_bytes"]["activations_and_rest"],
    }


def run_theirs(options, mode, folder, file):
    command = [sys.executable, str(HERE / "theirs.py"), str(folder), str(file), mode]
    command += ["--steps", str(options.steps), "--threads", str(options.threads)]
    command += ["--device", options.device]
    result, seconds = run(command, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    return dict(result, seconds=seconds)


def run(command, **environment):
    """The JSON object that a command prints, and how long it took."""
    begin = time.time()
    ended = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, **environment),
    )
    if ended.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {ended.returncode}:\n{ended.stderr[-4000:]}")
    return json.loads(ended.stdout), time.time() - begin


# --- Side by side ---


def table(options, results):
    print(
        f"{options.model}, {options.threads} threads, {options.device}, medians of"
        f" {options.rounds}: ours / theirs"
    )
    header = ["mode of theirs", "tokens/s", "ratio", "of GEMM limit", "whole command s", "ratio"]
    lines = [header + ["memory MiB", "ratio"]]
    for mode, pairs in results.items():

        def median(side, key):
            return statistics.median(pair[side][key] for pair in pairs)

        def both(key, scale, form):
            ours, their = median(0, key) / scale, median(1, key) / scale
            ratio = f"{ours / their:.2f}" if their else "-"
            return [f"{ours:{form}} / {their:{form}}", ratio]

        limit = [f"{median(0, 'share_of_limit'):.2f}"]
        speed = both("tokens_per_second", 1, ",.0f")
        whole = both("seconds", 1, ",.1f")
        lines.append([mode] + speed + limit + whole + both("memory", 1 << 20, ",.0f"))
    widths = [max(len(line[i]) for line in lines) for i in range(len(header) + 2)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="spark-peft-peers-") as scratch:
        folder = model_folder(options.model, pathlib.Path(scratch))
        file = pathlib.Path(scratch) / "documents.jsonl"
        lines = [json.dumps(document) for document in documents(options, folder)]
        file.write_text("\n".join(lines) + "\n")
        results = {mode: [] for mode in options.modes}
        for turn in range(options.rounds):
            for mode, pairs in results.items():
                ours = run_ours(options, mode, folder, file)
                their = run_theirs(options, mode, folder, file)
                pairs.append((ours, their))
                print(
                    f"round {turn + 1}, {mode}: {ours['tokens_per_second']:,.0f} /"
                    f" {their['tokens_per_second']:,.0f} tokens/s",
                    file=sys.stderr,
                )
        table(options, results)


if __name__ == "__main__":
    main()
