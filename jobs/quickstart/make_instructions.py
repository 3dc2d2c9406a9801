"""Writes the quickstart's instruction set and its test, which need nothing but Python.

    python3 make_instructions.py

instructions.json: 6,000 questions in a wording the base has never seen, as Alpaca records.
two_digit_addition.jsonl and two_digit_subtraction.jsonl: the held-out questions, 250 of each
operator, in the layout of GPT-3's arithmetic files, which the tasks arithmetic_2da and
arithmetic_2ds read. prompts.txt: three of them.
"""

import json
import pathlib
import random

from lesson import OPERANDS, answer, is_instruction, is_test, question

HERE = pathlib.Path(__file__).parent
FILES = {"+": "two_digit_addition.jsonl", "-": "two_digit_subtraction.jsonl"}


def chosen(belongs, operators: str, count: int, seed: int) -> list[tuple[int, str, int]]:
    sums = [(a, o, b) for o in operators for a in OPERANDS for b in OPERANDS if belongs(a, b)]
    return random.Random(seed).sample(sums, count)


def main() -> None:
    records = [
        {"instruction": question(a, o, b), "input": "", "output": str(answer(a, o, b))}
        for a, o, b in chosen(is_instruction, "+-", 6000, seed=1)
    ]
    (HERE / "instructions.json").write_text(json.dumps(records, indent=1) + "\n")
    for operator, name in FILES.items():
        with open(HERE / "test" / name, "w") as file:
            for a, o, b in chosen(is_test, operator, 250, seed=2):
                context = f"Q: {question(a, o, b)}\n\nA:"
                completion = f" {answer(a, o, b)}"
                file.write(json.dumps({"context": context, "completion": completion}) + "\n")
    prompts = [question(*sum_) for sum_ in chosen(is_test, "+-", 3, seed=3)]
    (HERE / "prompts.txt").write_text("".join(f"{prompt}\n" for prompt in prompts))


if __name__ == "__main__":
    main()
