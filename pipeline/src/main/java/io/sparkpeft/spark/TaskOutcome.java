package io.sparkpeft.spark;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * What a Spark task brings home. A failure of ours is a value: thrown, Spark would try the task
 * three times more, and tell the driver its text but neither its type nor its exit code.
 */
public sealed interface TaskOutcome<T> extends Serializable {

  /**
   * @throws SparkPeftException the task's failure, if it failed
   */
  T value();

  /** All went well. */
  record Done<T>(T value) implements TaskOutcome<T> {}

  /** The task's failure, with its message. */
  record Failed<T>(ExitCode code, String message) implements TaskOutcome<T> {
    @Override
    public T value() {
      throw SparkPeftException.retold(code, message);
    }
  }

  /**
   * What a task's work yields.
   *
   * @throws Exception what is no failure of ours: Spark may try the task again
   */
  static <T> TaskOutcome<T> of(Callable<T> work) throws Exception {
    try {
      return new Done<>(work.call());
    } catch (SparkPeftException e) {
      return new Failed<>(e.exitCode(), e.getMessage());
    }
  }

  /**
   * The values of all tasks, in the tasks' order.
   *
   * @throws SparkPeftException the first task's failure, if one failed
   */
  static <T> List<T> gathered(List<TaskOutcome<List<T>>> outcomes) {
    List<T> values = new ArrayList<>();
    outcomes.forEach(outcome -> values.addAll(outcome.value()));
    return values;
  }
}
