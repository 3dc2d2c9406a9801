"""Executes the notebooks and the notes and asserts what they show: notebooks.py PROJECT WORK."""

import concurrent.futures
import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import nbformat
from jupyter_client.manager import start_new_kernel

KERNEL = "spark-peft-java"
STARTS = 20
PROJECT, WORK = map(pathlib.Path, sys.argv[1:])


class Shown:
    """What a notebook's code cells show."""

    def __init__(self, notebook: pathlib.Path):
        cells = nbformat.read(notebook, as_version=4).cells
        self.cells = [cell for cell in cells if cell.cell_type == "code"]

    def outputs(self, code: str) -> list:
        """Those of the one cell that has this code."""
        found = [cell for cell in self.cells if code in cell.source]
        assert len(found) == 1, f"{len(found)} cells with {code}"
        return found[0].outputs

    def result(self, code: str) -> dict:
        """By media type, what the cell's last expression looks like."""
        results = [o for o in self.outputs(code) if o.output_type == "execute_result"]
        assert len(results) == 1, f"{len(results)} results of {code}"
        return results[0].data

    def text(self, code: str) -> str:
        return self.result(code)["text/plain"]

    def drawn(self, code: str) -> list:
        """What was displayed besides the result."""
        return [o.data for o in self.outputs(code) if o.output_type == "display_data"]


def scores(text: str, label: str) -> list:
    """The values that stand after a label, with standard errors."""
    found = re.findall(rf"^ +{re.escape(label)}: ([0-9.]+) ± ([0-9.]+)", text, re.M)
    assert found, f"no score of {label} in:\n{text}"
    return [float(value) for value, error in found if float(error) < 0.05]


def is_live_training(shown: Shown, code: str, steps: int) -> None:
    (live,) = shown.drawn(code)
    assert live["text/html"].count("<svg") == 1, live["text/html"]
    assert f"step {steps} of {steps} " in live["text/plain"], live["text/plain"]
    assert live["text/plain"].splitlines()[0].endswith("done")


def first_adapter(shown: Shown) -> None:
    assert "on local[*]" in shown.outputs("getOrCreate")[0].text
    assert "156" not in shown.text("peft.generate(recipe)")
    assert "the first 5 rows, there are more; 3 columns" in shown.text("multiLine")
    assert "6,000 examples of 6,000 records" in shown.text("peft.prepare")
    is_live_training(shown, "peft.finetune", 150)
    assert "97,792" in shown.text("peft.finetune")
    assert re.search(r"What is 87 plus 69\? +156", shown.text("peft.generate(adapted)"))
    bars = shown.result("compare_base")
    assert bars["text/html"].count("<svg") == 1
    assert max(scores(bars["text/plain"], "base")) < 0.1
    assert min(scores(bars["text/plain"], "with adapter")) > 0.8
    certificate = shown.text("peft.merge")
    assert certificate.startswith("Merge certificate\nMerging changed the logits by 0."), certificate
    assert "1 row; 5 columns" in shown.text("train_runs")


def instruction_data(shown: Shown) -> None:
    examples = shown.result("peft.examples(recipe, 3)")["text/plain"]
    assert examples.count("to be predicted (marked)") == 3, examples
    assert "[ ][7][0][</s>]" in examples, examples
    assert "[W]" in shown.text("data.train_on_prompt")
    for code in ('"token_count")', '"target_count")'):
        assert "<svg" in shown.result(code)["text/html"]
    assert "5 rows; 3 columns" in shown.text("percent_dropped")
    kept = shown.text("on_bad_record")
    assert "bad_record 1, empty_answer 1, prompt_too_long 1" in kept, kept
    assert "1 row; 3 columns" in shown.text("tokens_rejects")
    assert "copies" in shown.text("GROUP BY copies")


def qlora_and_vblora(shown: Shown) -> None:
    plans = shown.text("PlanTable.of")
    assert re.search(r"trained values +19,988,480 +19,988,480 ", plans), plans
    assert "is finished already" in shown.outputs("peft.finetune(lora)")[0].text
    is_live_training(shown, "peft.finetune(qlora)", 150)
    is_live_training(shown, "peft.finetune(vblora)", 150)
    curves = shown.result("Charts.curves")
    assert curves["text/html"].count("<path") == 3
    assert "3 rows; 5 columns" in shown.text("binaryFile")
    bars = shown.text("Charts.bars")
    for method in ("LoRA", "QLoRA", "VB-LoRA"):
        assert min(scores(bars, method)) > 0.8, bars


def compare_and_decide(shown: Shown) -> None:
    is_live_training(shown, "peft.finetune(small)", 150)
    bars = shown.text("Charts.bars")
    assert min(scores(bars, "incumbent")) > 0.8, bars
    assert "4 rows; 7 columns" in shown.text('"score_stderr", "n_effective"')
    assert re.findall(r"^arithmetic_2d[as] +(\d+)$", shown.text("countDistinct"), re.M) == ["1", "1"]
    split = re.findall(r"arithmetic_2d[as] +(\d+) +(\d+) +(\d+) +(\d+)", shown.text("AS both_right"))
    assert [sum(map(int, row)) for row in split] == [250, 250], split
    assert "8 rows; 5 columns" in shown.text("ORDER BY gain")
    assert "4 rows; 5 columns" in shown.text("carries")
    assert re.search(r"^(keep the incumbent|promote the challenger) +arith", shown.text("bool_and"), re.M)


CHECKS = {
    "1-first-adapter": first_adapter,
    "2-instruction-data": instruction_data,
    "3-qlora-and-vblora": qlora_and_vblora,
    "4-compare-and-decide": compare_and_decide,
}


def start_once(_: int) -> float:
    """Seconds until a fresh kernel answers its first question."""
    began = time.monotonic()
    manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=60)
    try:
        seen = []
        reply = client.execute_interactive("6 * 7", timeout=60, output_hook=seen.append)
        assert reply["content"]["status"] == "ok"
        answers = [m["content"]["data"]["text/plain"] for m in seen if m["msg_type"] == "execute_result"]
        assert answers == ["42"], answers
        return time.monotonic() - began
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def starts() -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        seconds = list(two.map(start_once, range(STARTS)))
    print(f"kernel: {len(seconds)} of {STARTS} starts, {min(seconds):.1f} to {max(seconds):.1f} s")


def stop_button() -> None:
    """An interrupt ends the cell, its Spark job too, and the kernel goes on."""
    manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=60)
    try:
        session = "var spark = org.apache.spark.sql.SparkSession.builder().getOrCreate();"
        assert client.execute_interactive(session, timeout=60)["content"]["status"] == "ok"
        endless = 'spark.range(1L << 50).selectExpr("sum(hash(id))").collectAsList();'
        threading.Timer(10, manager.interrupt_kernel).start()
        began = time.monotonic()
        ended = client.execute_interactive(endless, timeout=60, output_hook=lambda message: None)
        assert ended["content"]["status"] == "error", ended
        assert time.monotonic() - began < 40
        jobs = "spark.sparkContext().statusTracker().getActiveJobIds().length"
        wait = f"for (int i = 0; i < 300 && {jobs} > 0; i++) Thread.sleep(100);"
        for code in (wait, f"if ({jobs} > 0) throw new Error();"):
            assert client.execute_interactive(code, timeout=60)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    print("the stop button ends a cell")


def run(notebook: pathlib.Path) -> subprocess.CompletedProcess:
    """Through the launcher, as a user does."""
    launcher = [str(PROJECT / "jobs/bin/spark-peft"), "notebook", "run", str(notebook)]
    return subprocess.run(
        [*launcher, "--folder", str(WORK), "--output", str(WORK / notebook.name)],
        capture_output=True, text=True, cwd=WORK, check=False)


def notebooks() -> None:
    found = {path.stem for path in (PROJECT / "notebooks/jupyter").glob("*.ipynb")}
    assert found == set(CHECKS), found
    for name, check in CHECKS.items():
        began = time.monotonic()
        done = run(PROJECT / f"notebooks/jupyter/{name}.ipynb")
        assert done.returncode == 0, done.stderr
        check(Shown(WORK / f"{name}.ipynb"))
        print(f"{name}: {time.monotonic() - began:.0f} s")


def failing_notebook() -> None:
    cells = [nbformat.v4.new_code_cell(code) for code in ("int one = 1;", "one / 0", "one")]
    spec = {"name": KERNEL, "display_name": KERNEL, "language": "java"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    path = WORK / "source-of-failing.ipynb"
    nbformat.write(notebook, path)
    done = run(path)
    assert done.returncode == 65, done
    assert "Cell 2 failed:" in done.stderr and "/ by zero" in done.stderr, done.stderr
    assert "\n   at " not in done.stderr, done.stderr


def notes() -> None:
    """The code of Zeppelin's paragraphs, which it hands to a Jupyter kernel."""
    manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=60)
    try:
        for path in sorted((PROJECT / "notebooks/zeppelin").glob("*.zpln")):
            for paragraph in json.loads(path.read_text())["paragraphs"]:
                interpreter, _, code = paragraph["text"].partition("\n\n")
                if interpreter == "%md":
                    continue
                assert interpreter == f"%jupyter(kernel={KERNEL})", interpreter
                reply = client.execute_interactive(code, timeout=300, output_hook=lambda message: None)
                assert reply["content"]["status"] == "ok", (path.name, code, reply["content"])
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    print("zeppelin: every paragraph ran")


if __name__ == "__main__":
    # What a script starts in the background ignores SIGINT, and so would the kernels.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    starts()
    stop_button()
    notebooks()
    failing_notebook()
    notes()
