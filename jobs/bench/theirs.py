#!/usr/bin/env python3
"""LoRA training by transformers + PEFT, measured; peers.py runs it in turns with ours and says of
what versions, and what the modes are.

    theirs.py MODEL DOCUMENTS MODE --steps N --threads N --device cpu|cuda

prints a JSON object with tokens per second and bytes of memory above the floor and the weights.
"""

import argparse
import contextlib
import json
import pathlib
import sys
import tempfile
import time

import peft
import torch
import transformers

from peers import MICRO_BATCH, MODULES, PACKED_TOKENS, STEP_DOCUMENTS, WARMUP_STEPS

IGNORED = -100


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("documents", type=pathlib.Path)
    parser.add_argument("mode")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", required=True)
    return parser.parse_args()


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    examples = [example(json.loads(line)) for line in options.documents.read_text().splitlines()]
    floor = resident("VmRSS")
    base = their_model(options)
    weights = resident("VmRSS") - floor
    lora = peft.LoraConfig(
        r=8, lora_alpha=16, lora_dropout=0.05, target_modules=MODULES, task_type="CAUSAL_LM"
    )
    model = peft.get_peft_model(base, lora)
    if "checkpointed" in options.mode:
        model.gradient_checkpointing_enable(
            gradient_checkpointing_kwargs={"use_reentrant": False}
        )
        model.enable_input_require_grads()
    reset_peak()
    train = by_trainer if options.mode.startswith("trainer") else packed
    tokens, seconds = train(model, examples, options)
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


def their_model(options):
    dtype = torch.bfloat16 if "bf16-weights" in options.mode else torch.float32
    folder = options.model
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


def by_trainer(model, examples, options):
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
            bf16="bf16" in options.mode,
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


def packed(model, examples, options):
    trained = [p for p in model.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW(trained, lr=3e-4, fused=True)
    autocast = torch.autocast(options.device, dtype=torch.bfloat16, enabled="bf16" in options.mode)
    model.train()
    tokens = 0
    begin = time.time()
    for step in range(WARMUP_STEPS + options.steps):
        if step == WARMUP_STEPS:
            tokens = 0
            synchronize(options)
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
    synchronize(options)
    return tokens, time.time() - begin


def synchronize(options):
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


if __name__ == "__main__":
    main()
