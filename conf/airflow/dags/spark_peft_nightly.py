"""Every night the scores of the adapter in use, and whether it would still pass its gate.

The recipe names the adapter (adapter.path) and the questions, which may have changed since it was
promoted. Nothing is promoted; a gate that is not passed is skipped.
"""

from __future__ import annotations

import pendulum
import spark_peft
from airflow.sdk import DAG

with DAG(
    "spark_peft_nightly",
    doc_md=__doc__,
    tags=["spark-peft"],
    schedule="0 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params={key: spark_peft.PARAMS[key] for key in ("recipe", "name")},
    default_args=spark_peft.DEFAULTS,
):
    spark_peft.evaluate() >> spark_peft.gate()
