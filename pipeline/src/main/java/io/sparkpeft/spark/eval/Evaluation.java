package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.EvalTasks;
import org.apache.spark.sql.SparkSession;

/** Scores a model, with or without an adapter, on lm-eval's tasks. */
public final class Evaluation {
  private Evaluation() {}

  /**
   * Scores all requests on the executors and appends the results to the tables.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) for unknown tasks, (66) for missing files,
   *     (65) for broken ones or an adapter that does not fit, (73) if a table cannot be written
   */
  public static EvaluateResult run(SparkSession spark, EvaluateSettings settings) {
    EvalTasks.checkNames(settings.tasks());
    throw new UnsupportedOperationException("follows");
  }
}
