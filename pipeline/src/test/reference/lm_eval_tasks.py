"""What lm-evaluation-harness asks and answers on small files of our own.

Writes, below src/test/resources/io/sparkpeft/eval:
  source/        documents in the tasks' public file formats, made up here
  model/         a tiny LLaMA with random weights and a tokenizer trained on the documents
  adapter/       a LoRA adapter for it whose B is not zero
  expected.json  every request's text, tokens, log-likelihood and greedy flag, and every score,
                 by lm_eval's own task code and HFLM

Run in a virtual environment with
  torch==2.9.1 transformers==5.23.0 peft==0.21.2 lm_eval==0.4.13
  python src/test/reference/lm_eval_tasks.py
"""

import csv
import hashlib
import json
import os
import random
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"

import lm_eval.tasks
import torch
from lm_eval.api import metrics
from lm_eval.api.task import ConfigurableTask
from lm_eval.evaluator import evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks._yaml_loader import load_yaml
from lm_eval_documents import OUT, SOURCE, write_source
from lm_eval_model import greedy_arithmetic, write_adapter, write_model, write_tokenizer

TASKS = Path(lm_eval.tasks.__file__).parent


# The tasks: lm_eval's own definitions, with the public data sets' form made from the files.


def read_mmlu(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [
            {"question": r[0], "choices": r[1:5], "answer": "ABCD".index(r[5])} for r in csv.reader(file)
        ]


def read_truthfulqa(path):
    def targets(t):
        return {"choices": list(t), "labels": list(t.values())}

    return [
        {"question": i["question"], "mc1_targets": targets(i["mc1_targets"]), "mc2_targets": targets(i["mc2_targets"])}
        for i in json.loads(path.read_text(encoding="utf-8"))
    ]


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def task(yaml, shots=0, **splits):
    """lm_eval's task of that file over the given documents of each split."""
    config = load_yaml(TASKS / yaml)
    files = {}
    for split, documents in splits.items():
        path = Path(tempfile.mkdtemp()) / f"{split}.json"
        path.write_text("\n".join(json.dumps(d) for d in documents), encoding="utf-8")
        files[split] = str(path)
    config.update(dataset_path="json", dataset_kwargs={"data_files": files}, num_fewshot=shots)
    for key in ["dataset_name", "tag", "group", "include"]:
        config.pop(key, None)
    return ConfigurableTask(config=config)


def mmlu_task(subject, shots):
    test = read_mmlu(SOURCE / f"mmlu/test/{subject}_test.csv")
    dev = read_mmlu(SOURCE / f"mmlu/dev/{subject}_dev.csv")
    return task(f"mmlu/default/mmlu_{subject}.yaml", shots, test=test, dev=dev)


def tasks():
    truthful = read_truthfulqa(SOURCE / "truthfulqa/mc_task.json")
    addition = read_lines(SOURCE / "arithmetic/two_digit_addition.jsonl")
    subtraction = read_lines(SOURCE / "arithmetic/two_digit_subtraction.jsonl")
    greedy = read_lines(SOURCE / "arithmetic/three_digit_addition.jsonl")
    return {
        "arithmetic_3da": task("arithmetic/arithmetic_3da.yaml", validation=greedy),
        "arithmetic_2da": task("arithmetic/arithmetic_2da.yaml", validation=addition),
        "arithmetic_2ds": task("arithmetic/arithmetic_2ds.yaml", validation=subtraction),
        "blimp_causative": task("blimp/causative.yaml", train=read_lines(SOURCE / "blimp/causative.jsonl")),
        "blimp_passive_1": task("blimp/passive_1.yaml", train=read_lines(SOURCE / "blimp/passive_1.jsonl")),
        "truthfulqa_mc1": task("truthfulqa/truthfulqa_mc1.yaml", validation=truthful),
        "truthfulqa_mc2": task("truthfulqa/truthfulqa_mc2.yaml", validation=truthful),
        "mmlu_global_facts": mmlu_task("global_facts", 0),
        "mmlu_us_foreign_policy": mmlu_task("us_foreign_policy", 0),
    }


def shot_tasks():
    return {"mmlu_global_facts": mmlu_task("global_facts", 2)}


# The answers.


class Recorder(HFLM):
    """Keeps the tokens of every request."""

    def _loglikelihood_tokens(self, requests, **kwargs):
        self.encoded = getattr(self, "encoded", {})
        self.encoded.update({text: (context, continuation) for text, context, continuation in requests})
        return super()._loglikelihood_tokens(requests, **kwargs)


def run(model, named_tasks):
    result = evaluate(lm=model, task_dict=dict(named_tasks), log_samples=True, bootstrap_iters=2)
    return {name: expected(model, name, result) for name in named_tasks}


def expected(model, name, result):
    scores = result["results"][name]
    documents = []
    for sample in sorted(result["samples"][name], key=lambda s: s["doc_id"]):
        requests = []
        for (context, continuation), response in zip(sample["arguments"], sample["filtered_resps"]):
            context_tokens, continuation_tokens = model.encoded[(context, continuation)]
            requests.append(
                {
                    "continuation": continuation,
                    "continuation_tokens": continuation_tokens,
                    "log_likelihood": response[0],
                    "greedy": bool(response[1]),
                }
            )
        documents.append(
            {
                "context": context,
                "context_tokens": context_tokens,
                "acc": float(sample["acc"]),
                "requests": requests,
            }
        )
    return {
        "version": str(result["versions"][name]),
        "acc": float(scores["acc,none"]),
        "acc_stderr": float(scores["acc_stderr,none"]),
        "documents": documents,
    }


def group(members):
    sizes = [len(m["documents"]) for m in members]
    return {
        "acc": metrics.aggregate_subtask_metrics([m["acc"] for m in members], sizes),
        "acc_stderr": float(metrics.pooled_sample_stderr([m["acc_stderr"] for m in members], sizes)),
    }


def shuffled(pairs_of_documents, gold_first):
    """As the harness's tests/testdata: documents shuffled by Random(42), log-likelihoods -random()."""
    documents = list(pairs_of_documents)
    random.Random(42).shuffle(documents)
    pairs = [list(pair) for pairs in documents for pair in pairs]
    answers = random.Random(42)
    likelihoods = [[-answers.random() for _ in pairs] for pairs in documents]
    right = [float(gold_first and values[0] == max(values)) for values in likelihoods]
    return {
        "sha256": hashlib.sha256(json.dumps(pairs).encode()).hexdigest(),
        "acc": metrics.mean(right),
        "acc_stderr": metrics.mean_stderr(right),
    }


def shuffled_tasks(expected_tasks):
    def pairs(name):
        for document in expected_tasks[name]["documents"]:
            yield [(document["context"], r["continuation"]) for r in document["requests"]]

    bare = ([("", c.removeprefix(" ")) for _, c in p] for p in pairs("blimp_causative"))
    return {
        "arithmetic_2ds": shuffled(pairs("arithmetic_2ds"), False),
        "blimp_causative": shuffled(bare, True),
    }


def examples(model, tokenizer):
    """Token rows as training has them, some with two answers, and their targets' likelihood."""
    rows = []
    for i, line in enumerate(read_lines(SOURCE / "blimp/causative.jsonl")):
        tokens = tokenizer.encode(line["sentence_good"])
        first = 1 + i % 3
        targets = [k >= first and (i % 2 == 0 or k not in (5, 6)) for k in range(len(tokens))]
        with torch.no_grad():
            likely = torch.log_softmax(model(torch.tensor([tokens])).logits[0].float(), -1)
        total = sum(likely[k - 1, tokens[k]].item() for k in range(len(tokens)) if targets[k])
        rows.append({"tokens": tokens, "targets": targets, "log_likelihood": total})
    return rows


PROMPTS = ["", "The owl", "Question: What is 3 plus 4?\nAnswer:", "señor", "{"]
NEW_TOKENS = 24


def generated(model, tokenizer):
    """What greedy decoding adds to each prompt's text."""
    answers = []
    for prompt in PROMPTS:
        ids = tokenizer.encode(prompt)
        whole = model.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=NEW_TOKENS)[0].tolist()
        before = tokenizer.decode(ids, skip_special_tokens=True)
        text = tokenizer.decode(whole, skip_special_tokens=True)
        said = [token for token in whole[len(ids) :] if token != tokenizer.eos_token_id]
        answers.append({"prompt": prompt, "answer": text[len(before) :], "answer_tokens": len(said)})
    return answers


def main():
    torch.set_num_threads(1)
    write_source()
    tokenizer = write_tokenizer(OUT / "model")
    model = write_model(OUT / "model", len(tokenizer))
    greedy_arithmetic(SOURCE / "arithmetic/three_digit_addition.jsonl", tokenizer, model)
    token_rows = examples(model, tokenizer)
    write_adapter(OUT / "adapter", model)
    folder = str(OUT / "model")
    base = Recorder(pretrained=folder, device="cpu", dtype="float32", batch_size=1)
    adapted = Recorder(pretrained=folder, peft=str(OUT / "adapter"), device="cpu", dtype="float32", batch_size=1)
    expected_base = run(base, tasks())
    result = {
        "max_length": base.max_length,
        "examples": token_rows,
        "generated": {
            "base": generated(base.model, tokenizer),
            "adapter": generated(adapted.model, tokenizer),
        },
        "base": expected_base,
        "two_shots": run(base, shot_tasks()),
        "adapter": run(adapted, tasks()),
        "groups": {
            "blimp": group([expected_base[n] for n in expected_base if n.startswith("blimp_")]),
            "mmlu": group([expected_base[n] for n in expected_base if n.startswith("mmlu_")]),
        },
    }
    result["shuffled"] = shuffled_tasks(expected_base)
    for task_result in result["adapter"].values():  # texts and tokens are the base's
        for document in task_result["documents"]:
            del document["context"], document["context_tokens"]
            for request in document["requests"]:
                del request["continuation"], request["continuation_tokens"]
    text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
    (OUT / "expected.json").write_text(text.replace('{"context"', '\n{"context"') + "\n", encoding="utf-8")
    for name, value in result["base"].items():
        adapter = result["adapter"][name]
        print(name, value["version"], value["acc"], value["acc_stderr"], adapter["acc"], adapter["acc_stderr"])


if __name__ == "__main__":
    main()
