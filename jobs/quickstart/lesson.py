"""The quickstart's arithmetic: which operands belong to whom, and how they are worded.

Every unordered pair of operands {a, b} from 0..99 is dealt by hash to the base model, to the
instruction set, or to the test. A pair that is held out for the test is held out whole: neither
a+b nor b+a, neither a-b nor b-a, occurs in what the base or the adapter learn from.
"""

import hashlib

OPERANDS = range(100)
WORDS = {"+": "plus", "-": "minus"}


def bucket(a: int, b: int) -> int:
    """The hash bucket 0..99 of the unordered pair {a, b}."""
    low, high = sorted((a, b))
    return int(hashlib.sha256(f"{low},{high}".encode()).hexdigest(), 16) % 100


def is_test(a: int, b: int) -> bool:
    return bucket(a, b) < 5


def is_instruction(a: int, b: int) -> bool:
    return 5 <= bucket(a, b) < 40


def answer(a: int, operator: str, b: int) -> int:
    return a + b if operator == "+" else a - b


def question(a: int, operator: str, b: int) -> str:
    return f"What is {a} {WORDS[operator]} {b}?"
