package io.sparkpeft.spark.eval;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a Spark task brings home. A failure of ours is a value: thrown, Spark would try the task
 * three times more, and tell the driver its text but neither its type nor its exit code.
 */
sealed interface TaskOutcome<T> extends Serializable {

  /** All went well. */
  record Done<T>(List<T> values) implements TaskOutcome<T> {}

  /** The task's failure, with its message. */
  record Failed<T>(ExitCode code, String message) implements TaskOutcome<T> {}

  /** What a task's work yields. */
  static <T> TaskOutcome<T> of(Supplier<List<T>> work) {
    try {
      return new Done<>(work.get());
    } catch (SparkPeftException e) {
      return new Failed<>(e.exitCode(), e.getMessage());
    }
  }

  /**
   * The values of all tasks, in the tasks' order.
   *
   * @throws SparkPeftException the first task's failure, if one failed
   */
  static <T> List<T> gathered(List<TaskOutcome<T>> outcomes) {
    List<T> values = new ArrayList<>();
    for (TaskOutcome<T> outcome : outcomes) {
      if (outcome instanceof Failed<T> failed) {
        throw SparkPeftException.retold(failed.code(), failed.message());
      }
      if (outcome instanceof Done<T> done) {
        values.addAll(done.values());
      }
    }
    return values;
  }
}
