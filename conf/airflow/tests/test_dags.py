"""The DAGs as drawn, and as they run with a launcher that only keeps how it was called."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import CONF

STEPS = ["prepare", "finetune", "evaluate", "gate", "promote"]
EDGES = {
    "spark_peft_finetune": dict(zip(STEPS, [*STEPS[1:], None], strict=True)),
    "spark_peft_retrain": dict(zip(STEPS, [*STEPS[1:], None], strict=True)),
    "spark_peft_nightly": {"evaluate": "gate", "gate": None},
    "spark_peft_cluster_mode": {"finetune": None},
}


def states(run):
    return {instance.task_id: instance.state for instance in run.get_task_instances()}


def option(call, key):
    """The value of --set key=value."""
    values = [argument.partition("=")[2] for argument in call if argument.startswith(key + "=")]
    assert len(values) == 1, call
    return values[0]


def test_every_file_can_be_imported(bag):
    assert bag.import_errors == {}
    assert set(bag.dags) == set(EDGES)


@pytest.mark.parametrize("dag_id", EDGES)
def test_edges_are_as_drawn(bag, dag_id):
    edges = {task.task_id: next(iter(task.downstream_task_ids), None) for task in bag.dags[dag_id].tasks}
    assert edges == EDGES[dag_id]


@pytest.mark.parametrize("dag_id", EDGES)
def test_every_task_has_a_pool_of_the_file_a_timeout_and_a_retry(bag, dag_id):
    pools = json.loads((CONF / "pools.json").read_text())
    for task in bag.dags[dag_id].tasks:
        assert task.pool in pools
        assert task.execution_timeout is not None
        assert task.retries == 1
        assert "ExitCodes" in type(task.retry_policy).__name__


def test_the_instructions_start_a_retrain_and_nothing_templates_a_date(bag):
    schedule = bag.dags["spark_peft_retrain"].timetable.asset_condition
    assert [asset.name for asset in schedule.objects] == ["spark_peft_instructions"]
    for dag in bag.dags.values():
        for task in dag.tasks:
            templates = str({field: getattr(task, field) for field in task.template_fields})
            assert not any(f"{{{{ {date}" in templates for date in ("ds", "ts", "logical_date"))


def test_the_run_is_the_key_of_every_step(bag, launcher):
    run = launcher.run(bag.dags["spark_peft_finetune"])
    assert set(states(run).values()) == {"success"}
    calls = launcher.calls()
    assert [call[0] for call in calls] == STEPS
    key = "spark_peft_finetune." + run.run_id.replace(":", "-").replace("+", "-")
    for call in calls:
        assert option(call, "run.id") == key
        assert option(call, "output.path").endswith(f"/runs/{key}/{call[0]}")
        assert call[1:3] == ["--config", "conf/recipes/gate.conf"]
    adapter = option(calls[1], "output.path") + "/adapter"
    assert option(calls[2], "adapter.path") == adapter
    assert option(calls[4], "adapter.path") == adapter


def test_at_night_the_adapter_of_the_recipe_is_judged(bag, launcher):
    run = launcher.run(bag.dags["spark_peft_nightly"], recipe="night.conf")
    assert set(states(run).values()) == {"success"}
    calls = launcher.calls()
    assert [call[0] for call in calls] == ["evaluate", "gate"]
    assert not any("adapter.path" in argument for argument in calls[0])
    assert option(calls[0], "run.id") == option(calls[1], "run.id")


def test_params_arrive_as_they_are(bag, launcher):
    launcher.run(bag.dags["spark_peft_finetune"], recipe="/r/my.conf", name="a.b", max_steps=7)
    prepare, finetune, _, gate, promote = launcher.calls()
    assert prepare[2] == "/r/my.conf"
    assert option(finetune, "train.max_steps") == "7"
    assert option(gate, "promote.name") == option(promote, "promote.name") == "a.b"


@pytest.mark.parametrize(
    "params", [{"recipe": "x.conf; rm -rf /"}, {"name": "$(id)"}, {"max_steps": 0}, {"max_steps": "7"}]
)
def test_params_that_break_their_schema_start_nothing(bag, launcher, params):
    with pytest.raises(Exception, match="Invalid input for param"):
        launcher.run(bag.dags["spark_peft_finetune"], **params)
    assert launcher.calls() == []


def test_a_gate_that_is_not_passed_skips_the_promotion_and_the_run_is_green(bag, launcher):
    launcher.fails("gate", 99)
    run = launcher.run(bag.dags["spark_peft_finetune"])
    assert states(run) | {"gate": "skipped", "promote": "skipped"} == states(run)
    assert run.state == "success"
    assert [call[0] for call in launcher.calls()] == STEPS[:4]


@pytest.mark.parametrize(("exit_code", "tries"), [(64, 1), (65, 1), (66, 1), (78, 1), (75, 2), (143, 2)])
def test_only_bad_luck_is_tried_again(bag, launcher, exit_code, tries):
    launcher.fails("finetune", exit_code)
    run = launcher.run(bag.dags["spark_peft_finetune"])
    assert run.state == "failed"
    assert Counter(call[0] for call in launcher.calls()) == {"prepare": 1, "finetune": tries}


def test_a_driver_ends_with_the_process_of_its_task(bag, tmp_path, monkeypatch):
    monkeypatch.setenv("STUB_CALLS", str(tmp_path))
    monkeypatch.setenv("STUB_LASTS", "finetune")
    command = bag.dags["spark_peft_finetune"].get_task("finetune").bash_command
    environment = os.environ | {"RUN": "r", "RECIPE": "c", "NAME": "n", "MAX_STEPS": ""}
    program = "import subprocess, sys; subprocess.run(['bash', '-c', sys.argv[1]])"
    task = subprocess.Popen([sys.executable, "-c", program, command], env=environment)
    driver = int(wait_for(lambda: (tmp_path / "pid").read_text().strip()))
    task.kill()
    task.wait()
    wait_for(lambda: not is_alive(driver) or None)


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(found):
    """What is found, within ten seconds."""
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError):
            if found():
                return found()
        time.sleep(0.1)
    raise AssertionError("not within ten seconds")


def test_in_cluster_mode_the_run_is_the_key_too(bag):
    task = bag.dags["spark_peft_cluster_mode"].get_task("finetune")
    assert task.application_args[0] == "finetune"
    assert "{{ run_id" in option(task.application_args, "run.id")
    assert task._conn_id == "spark_peft_cluster"
