"""What the DAGs share: a job as a task, the five steps, the run's key, assets, retries.

A job is the launcher `spark-peft`, which has to be on the worker's PATH. It replaces its shell
(`exec`), as it is replaced by spark-submit's JVM; `setpriv` ends it when the task's process dies,
so that no driver lives on while a retry starts a second one.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset, Param, RetryDecision, RetryPolicy

# Whoever writes the instructions names this asset as an outlet, or posts an event for it.
INSTRUCTIONS = Asset(name="spark_peft_instructions", uri="x-spark-peft://instructions")
TOKENS = Asset(name="spark_peft_tokens", uri="x-spark-peft://tables/tokens")
SCORES = Asset(name="spark_peft_scores", uri="x-spark-peft://tables/eval_scores")
ADAPTERS = Asset(name="spark_peft_adapters", uri="x-spark-peft://tables/adapters")

POOL = "spark_peft"
TRAINING_POOL = "spark_peft_training"

# The name of a run in folders and tables. A run that an asset or the API began has no date, and
# two DAGs can have runs of one name.
RUN = "{{ dag.dag_id }}.{{ run_id | replace(':', '-') | replace('+', '-') | replace('~', '-') }}"

GATE_NOT_PASSED = 99

PARAMS = {
    "recipe": Param(
        "conf/recipes/gate.conf",
        type="string",
        pattern=r"^[\w./-]+\.conf$",
        description="The recipe of all steps, below SPARK_PEFT_HOME or absolute.",
    ),
    "name": Param(
        "sums",
        type="string",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="The adapter's name: one version of it is promoted.",
    ),
    "max_steps": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        maximum=1_000_000,
        description="train.max_steps, where it is not to be the recipe's.",
    ),
}


class ExitCodes(RetryPolicy):
    """A mistake is not retried: only bad luck is, as the launcher's exit codes tell them apart."""

    # Command line, data, missing input, defect, unwritable result, configuration.
    FINAL = frozenset({64, 65, 66, 70, 73, 78})
    _CODE = re.compile(r"non-zero exit code (\d+)|Error code is: (\d+)")

    def evaluate(self, exception, try_number, max_tries, context=None) -> RetryDecision:
        found = self._CODE.search(str(exception))
        code = int(found[1] or found[2]) if found else None
        if code in self.FINAL:
            return RetryDecision.fail(f"exit code {code} is not worth a retry")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ExitCodes:
        return cls()


DEFAULTS = {
    "pool": POOL,
    "retries": 1,
    "retry_delay": timedelta(minutes=2),
    "retry_policy": ExitCodes(),
    "execution_timeout": timedelta(hours=2),
}

# What comes from a person goes through the environment, never through the text of the command.
_ENVIRONMENT = {
    "RUN": RUN,
    "RECIPE": "{{ params.recipe }}",
    "NAME": "{{ params.name }}",
}

_COMMAND = """\
cd "${{SPARK_PEFT_HOME:?}}"
exec setpriv --pdeathsig TERM spark-peft {job} --config "$RECIPE" \\
  --set run.id="$RUN" \\
  --set output.path="${{SPARK_PEFT_RUNS:?}}/$RUN/{job}" \\
  --set tables.root="${{SPARK_PEFT_TABLES:?}}" {arguments}
"""

ADAPTER = '--set adapter.path="$SPARK_PEFT_RUNS/$RUN/finetune/adapter"'


def job(name: str, arguments: str = "", env: dict[str, str] | None = None, **kwargs) -> BashOperator:
    """A job of the launcher; arguments are shell text without anything that a person gave."""
    return BashOperator(
        task_id=name,
        bash_command=_COMMAND.format(job=name, arguments=arguments),
        env=_ENVIRONMENT | (env or {}),
        append_env=True,
        do_xcom_push=False,
        **kwargs,
    )


def evaluate(arguments: str = "") -> BashOperator:
    return job("evaluate", arguments, outlets=[SCORES], execution_timeout=timedelta(hours=12))


def gate() -> BashOperator:
    """Skipped where it is not passed, and promote with it: the run stays green."""
    return job("gate", '--set promote.name="$NAME"', skip_on_exit_code=GATE_NOT_PASSED)


def steps() -> None:
    """From instructions to a promoted adapter. Each step reads what the one before left in Delta."""
    prepare = job("prepare", outlets=[TOKENS])
    finetune = job(
        "finetune",
        '${MAX_STEPS:+--set train.max_steps="$MAX_STEPS"}',
        env={"MAX_STEPS": "{{ params.max_steps or '' }}"},
        pool=TRAINING_POOL,
        execution_timeout=timedelta(days=2),
    )
    promote = job("promote", f'--set promote.name="$NAME" {ADAPTER}', outlets=[ADAPTERS])
    prepare >> finetune >> evaluate(ADAPTER) >> gate() >> promote
