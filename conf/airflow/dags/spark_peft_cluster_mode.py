"""finetune by SparkSubmitOperator: the driver runs in the cluster and outlives Airflow's worker.

A retry reconnects to a driver that still runs (`durable`). What this way of submitting loses: the
exit code (Spark's cluster modes have none) and the driver's log, so that the next task judges by the
run's row in Delta and not by the outcome here. The connection says where to submit, by the master's
REST port twice: `spark://MASTER:6066?deploy-mode=cluster&rest-port=6066`. By another port Spark
falls back to a way that tells Airflow no driver, and so does a log4j2.properties that keeps
`org.apache.spark.deploy.rest` below INFO: the operator reads the driver's name in the log. An
unknown connection would mean YARN. A master that has `spark.authenticate.secret` takes no
submissions by REST; ranks then authenticate by a secret of their own. Jars, recipe and the paths in
it must be absolute and visible to the cluster's hosts.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pendulum
import spark_peft
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG

HOME = os.environ.get("SPARK_PEFT_HOME", "/opt/spark-peft")
RUNS = os.environ.get("SPARK_PEFT_RUNS", "/data/spark-peft/runs")
TABLES = os.environ.get("SPARK_PEFT_TABLES", "/data/spark-peft/tables")
VERSION = "0.1.0"
DELTA = sorted(Path(HOME, "jobs/home/target/spark-home/jars").glob("delta-*.jar"))
JARS = [f"{HOME}/jobs/target/spark-peft-natives-{VERSION}.jar", *map(str, DELTA)]

with DAG(
    "spark_peft_cluster_mode",
    doc_md=__doc__,
    tags=["spark-peft"],
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params={"recipe": spark_peft.PARAMS["recipe"]},
    default_args=spark_peft.DEFAULTS,
):
    SparkSubmitOperator(
        task_id="finetune",
        conn_id="spark_peft_cluster",
        name=f"spark-peft-finetune-{spark_peft.RUN}",
        application=f"{HOME}/jobs/target/spark-peft-jobs-{VERSION}-all.jar",
        java_class="io.sparkpeft.jobs.Main",
        jars=",".join(JARS),
        application_args=[
            "finetune",
            *("--config", "{{ params.recipe }}"),
            *("--set", f"run.id={spark_peft.RUN}"),
            *("--set", f"output.path={RUNS}/{spark_peft.RUN}/finetune"),
            *("--set", f"tables.root={TABLES}"),
        ],
        pool=spark_peft.TRAINING_POOL,
        execution_timeout=timedelta(days=2),
    )
