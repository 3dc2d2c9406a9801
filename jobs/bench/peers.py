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

Ours computes in float32 beside fp32 modes, else in bfloat16, and packs beside packed ones. Ours and theirs take turns, --rounds
times, so that noise hits both; the table shows medians. Speed is that of the steps after the third,
in real tokens. Memory is the peak above the process's floor and the weights. The whole command of
ours includes a profiled step and the measuring of the GEMM limit.
"""

import argparse
import contextlib
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
IGNORED = -100


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
    launcher = pathlib.Path(__file__).resolve().parent.parent / "bin" / "spark-peft"
    parser.add_argument(
        "--ours",
        default=f"{shlex.quote(str(launcher))} bench",
        help="the command that benches ours [%(default)s]",
    )
    parser.add_argument("--theirs-alone", action="store_true", help=argparse.SUPPRESS)
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


# --- Ours ---


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


def run(command):
    """The JSON object that a command prints, and how long it took."""
    begin = time.time()
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if ended.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {ended.returncode}:\n{ended.stderr[-4000:]}")
    return json.loads(ended.stdout), time.time() - begin


# --- Theirs, each run in a process of its own ---


def run_theirs(options, mode, folder, file):
    command = [sys.executable, __file__, "--theirs-alone", "--model", str(folder)]
    command += ["--documents", str(file), "--mode", mode, "--steps", str(options.steps)]
    command += ["--threads", str(options.threads), "--device", options.device]
    result, seconds = run(command)
    return dict(result, seconds=seconds)


def theirs(options):
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    import torch
    import transformers
    import peft

    mode = options.modes[0]
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    examples = [example(json.loads(line)) for line in options.documents.read_text().splitlines()]
    floor = resident("VmRSS")
    base = their_model(torch, transformers, options, mode)
    weights = resident("VmRSS") - floor
    lora = peft.LoraConfig(
        r=8, lora_alpha=16, lora_dropout=0.05, target_modules=MODULES, task_type="CAUSAL_LM"
    )
    model = peft.get_peft_model(base, lora)
    if "checkpointed" in mode:
        model.gradient_checkpointing_enable(
            gradient_checkpointing_kwargs={"use_reentrant": False}
        )
        model.enable_input_require_grads()
    reset_peak()
    train = by_trainer if mode.startswith("trainer") else packed
    tokens, seconds = train(torch, transformers, model, examples, options, mode)
    if options.device == "cuda":
        memory = torch.cuda.max_memory_allocated() - sum(
            p.numel() * p.element_size() for p in base.parameters() if not p.requires_grad
        )
    else:
        memory = resident("VmHWM") - floor - weights
    print(json.dumps({"tokens_per_second": tokens / seconds, "memory": memory}))


def example(document):
    tokens = document["tokens"]
    prompt = min(max(1, document["prompt_tokens"]), len(tokens))
    labels = [IGNORED] * prompt + tokens[prompt:]
    return {"input_ids": tokens, "labels": labels, "attention_mask": [1] * len(tokens)}


def their_model(torch, transformers, options, mode):
    dtype = torch.bfloat16 if mode.count("bf16-weights") else torch.float32
    folder = pathlib.Path(options.model)
    if any(folder.glob("*.safetensors")):
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
        for parameter in model.parameters():
            parameter.sum()  # touches pages that are mapped
    else:
        config = transformers.AutoConfig.from_pretrained(folder)
        config._attn_implementation = "sdpa"
        torch.set_default_dtype(dtype)
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
        torch.set_default_dtype(torch.float32)
    return model.to(options.device)


def by_trainer(torch, transformers, model, examples, options, mode):
    ends = []
    seen = []

    class Ends(transformers.TrainerCallback):
        def on_step_end(self, *_, **__):
            ends.append(time.time())

    def collate(batch):
        seen.append(sum(len(one["input_ids"]) for one in batch))
        width = max(len(one["input_ids"]) for one in batch)
        padding = {"input_ids": 0, "labels": IGNORED, "attention_mask": 0}
        return {
            key: torch.tensor([one[key] + [fill] * (width - len(one[key])) for one in batch])
            for key, fill in padding.items()
        }

    with tempfile.TemporaryDirectory() as output:
        settings = transformers.TrainingArguments(
            output_dir=output,
            per_device_train_batch_size=MICRO_BATCH,
            gradient_accumulation_steps=STEP_DOCUMENTS // MICRO_BATCH,
            max_steps=WARMUP_STEPS + options.steps,
            learning_rate=3e-4,
            logging_steps=10,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=options.device == "cpu",
            bf16="bf16" in mode,
            seed=1,
        )
        trainer = transformers.Trainer(
            model=model,
            args=settings,
            train_dataset=examples,
            data_collator=collate,
            callbacks=[Ends()],
        )
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for the result alone
            trainer.train()
    batches = STEP_DOCUMENTS // MICRO_BATCH
    tokens = sum(seen[WARMUP_STEPS * batches : len(ends) * batches])
    return tokens, ends[-1] - ends[WARMUP_STEPS - 1]


def packed(torch, transformers, model, examples, options, mode):
    trained = [p for p in model.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW(trained, lr=3e-4, fused=True)
    autocast = torch.autocast(options.device, dtype=torch.bfloat16, enabled="bf16" in mode)
    model.train()
    tokens = 0
    begin = time.time()
    for step in range(WARMUP_STEPS + options.steps):
        if step == WARMUP_STEPS:
            tokens = 0
            synchronize(torch, options)
            begin = time.time()
        batch = examples[step * STEP_DOCUMENTS : (step + 1) * STEP_DOCUMENTS]
        targets = sum(label != IGNORED for one in batch for label in one["labels"])
        for row in rows(batch):
            ids = [token for one in row for token in one["input_ids"]]
            labels = [label for one in row for label in one["labels"]]
            positions = [i for one in row for i in range(len(one["input_ids"]))]
            tokens += len(ids)
            with autocast:
                loss = model(
                    input_ids=torch.tensor([ids], device=options.device),
                    position_ids=torch.tensor([positions], device=options.device),
                    labels=torch.tensor([labels], device=options.device),
                    num_items_in_batch=targets,
                    use_cache=False,
                ).loss
            loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    synchronize(torch, options)
    return tokens, time.time() - begin


def synchronize(torch, options):
    if options.device == "cuda":
        torch.cuda.synchronize()


def rows(batch):
    """Documents in their order, as many in a row as fit."""
    row, length = [], 0
    for one in batch:
        if row and length + len(one["input_ids"]) > PACKED_TOKENS:
            yield row
            row, length = [], 0
        row.append(one)
        length += len(one["input_ids"])
    yield row


def resident(name):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak():
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # the peak is then that since the process's start


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
    if options.theirs_alone:
        return theirs(options)
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
