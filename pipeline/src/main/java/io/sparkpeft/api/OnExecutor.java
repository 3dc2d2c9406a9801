package io.sparkpeft.api;

import io.sparkpeft.base.SparkPeftException;
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

  /**
   * What came of the work. A failure of ours travels as a value: Spark would try the task again and
   * wrap it up.
   */
  private record Outcome<R>(R result, SparkPeftException failure) implements Serializable {
    static <R> Outcome<R> of(Work<R> work) throws Exception {
      try {
        return new Outcome<>(work.call(), null);
      } catch (SparkPeftException e) {
        return new Outcome<>(null, e);
      }
    }

    R value() {
      if (failure != null) {
        throw failure;
      }
      return result;
    }
  }

  static <R> R run(SparkSession session, String description, Work<R> work) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    context.setJobDescription(description);
    try {
      return context.parallelize(List.of(work), 1).map(Outcome::of).first().value();
    } finally {
      context.setJobDescription(null);
    }
  }
}
