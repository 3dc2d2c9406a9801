package io.sparkpeft.spark.eval;

import io.sparkpeft.base.SparkPeftException;
import java.util.function.Supplier;

/** Takes our own failures out of what Spark wraps around them. */
final class Failures {
  private Failures() {}

  /** Runs a Spark job; a failure of ours in one of its tasks comes out as itself. */
  static <T> T unwrapped(Supplier<T> job) {
    try {
      return job.get();
    } catch (RuntimeException | Error e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof SparkPeftException ours) {
          throw ours;
        }
      }
      throw e;
    }
  }
}
