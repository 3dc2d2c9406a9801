package io.sparkpeft.api;

import io.sparkpeft.spark.TaskOutcome;
import java.io.Serializable;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Runs one piece of work on an executor: tensor work never runs on the driver. */
final class OnExecutor {
  private OnExecutor() {}

  /** Work that can be sent; what it needs, it carries. */
  interface Work<R> extends Callable<R>, Serializable {}

  static <R> R run(SparkSession session, String description, Work<R> work) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    context.setJobDescription(description);
    try {
      return context.parallelize(List.of(work), 1).map(TaskOutcome::of).first().value();
    } finally {
      context.setJobDescription(null);
    }
  }
}
