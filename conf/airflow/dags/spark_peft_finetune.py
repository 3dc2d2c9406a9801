"""prepare, finetune, evaluate, gate, promote: one adapter, started by a person or by the API.

The recipe says what each step does. An adapter that does not pass the gate is not promoted, and the
run is green all the same: why it did not pass stands in the gate's log and in `gate_results`.
"""

from __future__ import annotations

import pendulum
import spark_peft
from airflow.sdk import DAG

with DAG(
    "spark_peft_finetune",
    doc_md=__doc__,
    tags=["spark-peft"],
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params=spark_peft.PARAMS,
    default_args=spark_peft.DEFAULTS,
):
    spark_peft.steps()
