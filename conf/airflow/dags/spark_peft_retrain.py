"""The steps of spark_peft_finetune whenever the instructions have changed.

What changes them names the asset `spark_peft_instructions` as an outlet, or posts an event for it to
`/api/v2/assets/events`. Changes during a run make one more run together.
"""

from __future__ import annotations

import pendulum
import spark_peft
from airflow.sdk import DAG

with DAG(
    "spark_peft_retrain",
    doc_md=__doc__,
    tags=["spark-peft"],
    schedule=[spark_peft.INSTRUCTIONS],
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params=spark_peft.PARAMS,
    default_args=spark_peft.DEFAULTS,
):
    spark_peft.steps()
