"""Runs a notebook in its kernel and writes it with its outputs: run.py NOTEBOOK OUTPUT.

What was reached is written also when a cell fails; then the cell and its error are shown and the
exit code is 65.
"""

import pathlib
import re
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

FAILED = 65
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def without_calls(error: str) -> str:
    """The cell and what went wrong; the stack is in the notebook."""
    lines = COLOURS.sub("", error).splitlines()
    return "\n".join(line for line in lines if not line.startswith("   at "))


def run(notebook: nbformat.NotebookNode) -> int:
    """Runs all cells, telling how it gets on; the exit code."""
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = 0
    started = time.monotonic()

    def executed(cell, cell_index, **_):
        nonlocal done, started
        done += 1
        seconds = time.monotonic() - started
        print(f"cell {done} of {cells}: {seconds:.1f} s", file=sys.stderr)
        started = time.monotonic()

    client = NotebookClient(notebook, timeout=None, startup_timeout=120)
    client.on_cell_executed = executed
    try:
        client.execute()
        return 0
    except CellExecutionError as error:
        print(f"Cell {done} failed:\n{without_calls(str(error))}", file=sys.stderr)
    except DeadKernelError:
        print(f"The kernel died in cell {done + 1}.", file=sys.stderr)
    return FAILED


def main(source: str, target: str) -> int:
    notebook = nbformat.read(source, as_version=4)
    code = run(notebook)
    pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    print(f"Wrote {target}")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
