"""Looks at what the DAGs of .ci/airflow left: airflow.py RUNS."""

import json
import sys
from pathlib import Path


def results(runs: Path, dag: str) -> dict[str, dict]:
    (run,) = runs.glob(f"{dag}.*")
    return {file.parent.name: json.loads(file.read_text()) for file in run.glob("*/_RESULT.json")}


runs = Path(sys.argv[1])
steps = results(runs, "spark_peft_finetune")
assert set(steps) == {"prepare", "finetune", "evaluate", "gate", "promote"}, steps.keys()
assert {step["status"] for step in steps.values()} == {"succeeded"}
assert len({step["run_id"] for step in steps.values()}) == 1
assert steps["finetune"]["steps"] == 16
sha256 = {steps[step]["adapter_sha256"] for step in ("finetune", "gate", "promote")}
assert len(sha256) == 1, sha256
assert (steps["promote"]["version"], steps["promote"]["gate"]) == (1, "passed")
assert steps["promote"]["gate_run_id"] == steps["promote"]["run_id"]

nightly = results(runs, "spark_peft_nightly")
assert set(nightly) == {"evaluate", "gate"}
assert (nightly["gate"]["status"], nightly["gate"]["exit_code"]) == ("not_passed", 99)
verdicts = nightly["gate"]["verdicts"]
assert [v["rule"] for v in verdicts if not v["passed"]] == ["gate.min"], verdicts
compared = [v for v in verdicts if v["rule"] == "gate.max_regression_stderr"]
assert {(v["reference"], v["gain"], v["paired"]) for v in compared} == {("sums, version 1", 0.0, True)}

for way in ("launcher", "spark_peft_cluster_mode"):
    driven = results(runs, way)["finetune"]
    assert (driven["status"], driven["adapter_sha256"]) == ("succeeded", *sha256), (way, driven)

seconds = {name: round(step["seconds"], 1) for name, step in steps.items()}
print(f"airflow: five steps promoted an adapter, a nightly gate refused it, cluster mode trained the same; seconds {seconds}")
