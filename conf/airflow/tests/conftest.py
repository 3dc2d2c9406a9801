"""An Airflow of its own for the tests, and a launcher that only keeps how it was called."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

CONF = Path(__file__).resolve().parents[1]
DAGS = CONF / "dags"
STUB = Path(__file__).with_name("stub")


def pytest_configure(config):
    """Airflow reads its configuration when it is first imported."""
    config.airflow_home = tempfile.TemporaryDirectory(prefix="spark-peft-airflow-")
    home = config.airflow_home.name
    os.environ.update(
        AIRFLOW_HOME=home,
        AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        SPARK_PEFT_HOME=str(CONF.parents[1]),
        SPARK_PEFT_RUNS=f"{home}/runs",
        SPARK_PEFT_TABLES=f"{home}/tables",
        PATH=f"{STUB}:{os.environ['PATH']}",
    )
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)


def pytest_unconfigure(config):
    config.airflow_home.cleanup()


@pytest.fixture(scope="session")
def bag():
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    """Runs a DAG with the stub and tells how the run ended."""
    return Launcher(tmp_path, monkeypatch)


class Launcher:
    def __init__(self, folder, monkeypatch):
        self._folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("STUB_CALLS", str(folder))

    def fails(self, job: str, exit_code: int) -> None:
        self._monkeypatch.setenv("STUB_FAILS", job)
        self._monkeypatch.setenv("STUB_EXIT_CODE", str(exit_code))

    def calls(self) -> list[list[str]]:
        return [file.read_text().splitlines() for file in sorted(self._folder.iterdir())]

    def run(self, dag, **conf):
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
        return dag.test(run_conf=conf)
