package io.sparkpeft.spark.rank;

import io.sparkpeft.base.ExitCode;
import java.io.PrintWriter;
import java.io.Serializable;
import java.io.StringWriter;

/**
 * How a rank ended. A failure too is a value that the task returns: what a task throws reaches the
 * driver only as text inside Spark's own.
 */
sealed interface RankOutcome<R> extends Serializable {

  RankPlace place();

  record Success<R>(RankPlace place, R result) implements RankOutcome<R> {}

  /**
   * @param sinceEpochMillis when it failed, by the clock of its host
   * @param trace the stack trace, for the log
   */
  record Failure<R>(
      RankPlace place, ExitCode code, String message, long sinceEpochMillis, String trace)
      implements RankOutcome<R> {

    static <R> Failure<R> of(RankPlace place, ExitCode code, String message, Throwable thrown) {
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace));
      return new Failure<>(place, code, message, System.currentTimeMillis(), trace.toString());
    }
  }
}
