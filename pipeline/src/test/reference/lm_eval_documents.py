"""Made-up documents in the public file formats of lm_eval's tasks."""

import csv
import json
import random
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "resources/io/sparkpeft/eval"
SOURCE = OUT / "source"
DOCUMENTS = 20

ANIMALS = ["owl", "otter", "zebra", "señor crab", "mole", "heron", "naïve goat", "lynx"]
VERBS = [("opened", "slept"), ("breaks", "vanishes"), ("had dropped", "had existed")]
THINGS = ["gate", "kite", "jar", "bell", "drum"]


def arithmetic(rng, path, sign, word, count):
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(count):
            a, b = rng.randrange(100), rng.randrange(100)
            answer = a + b if sign > 0 else a - b
            line = {"context": f"\n\nQ: What is {a} {word} {b}?\n\nA:", "completion": f" {answer}"}
            file.write(json.dumps(line) + "\n")


def blimp(rng, path, count):
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            animal, thing, (good, bad) = rng.choice(ANIMALS), rng.choice(THINGS), rng.choice(VERBS)
            line = {
                "sentence_good": f"The {animal} {good} the {thing}.",
                "sentence_bad": f"The {animal} {bad} the {thing}.",
                "UID": path.stem,
                "pairID": str(i),
            }
            file.write(json.dumps(line, ensure_ascii=i % 2 == 0) + "\n")


def truthfulqa(rng, path, count):
    items = []
    for i in range(count):
        animal, thing = rng.choice(ANIMALS), rng.choice(THINGS)
        true = [f"The {animal} does nothing to a {thing}.", f"No {animal} owns a {thing}", "I have no comment."]
        false = [f"The {animal} eats every {thing}.", f"It depends on the {thing}!", "Only at “night”."]
        rng.shuffle(true)
        rng.shuffle(false)
        trues, falses = true[: rng.randrange(1, 4)], false[: rng.randrange(1, 4)]
        items.append(
            {
                "question": f"What does the {animal} do to the {thing} number {i}?",
                "mc1_targets": {**{trues[0]: 1}, **{f: 0 for f in falses}},
                "mc2_targets": {**{t: 1 for t in trues}, **{f: 0 for f in falses}},
            }
        )
    path.write_text(json.dumps(items, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def mmlu(rng, path, count):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for i in range(count):
            animal = rng.choice(ANIMALS)
            question = f' How many "legs" has the {animal}, roughly,\nin year {1900 + i}? ' if i % 3 else f"Which {animal} is number {i}"
            choices = [f"{rng.randrange(9)} legs, or {rng.randrange(9)}" if i % 2 else str(rng.randrange(99)) for _ in "ABCD"]
            writer.writerow([question, *choices, rng.choice("ABCD")])


def write_source():
    rng = random.Random(7)
    for folder in ["arithmetic", "blimp", "truthfulqa", "mmlu/test", "mmlu/dev"]:
        (SOURCE / folder).mkdir(parents=True, exist_ok=True)
    arithmetic(rng, SOURCE / "arithmetic/two_digit_addition.jsonl", 1, "plus", DOCUMENTS)
    arithmetic(rng, SOURCE / "arithmetic/two_digit_subtraction.jsonl", -1, "minus", DOCUMENTS)
    blimp(rng, SOURCE / "blimp/causative.jsonl", DOCUMENTS)
    blimp(rng, SOURCE / "blimp/passive_1.jsonl", 7)
    truthfulqa(rng, SOURCE / "truthfulqa/mc_task.json", DOCUMENTS)
    mmlu(rng, SOURCE / "mmlu/test/global_facts_test.csv", DOCUMENTS)
    mmlu(rng, SOURCE / "mmlu/test/us_foreign_policy_test.csv", 7)
    mmlu(rng, SOURCE / "mmlu/dev/global_facts_dev.csv", 5)
    mmlu(rng, SOURCE / "mmlu/dev/us_foreign_policy_dev.csv", 5)
