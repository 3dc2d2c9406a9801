package io.sparkpeft.jobs;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;

/**
 * What a person is told of a failure: the message of the nearest cause that was made for people,
 * else what is known of the bug.
 */
record Failure(ExitCode exitCode, String message) {

  static Failure of(Throwable failure) {
    return SparkPeftException.knownIn(failure)
        .map(known -> new Failure(known.exitCode(), known.getMessage()))
        .orElseGet(() -> defect(failure));
  }

  private static Failure defect(Throwable failure) {
    return new Failure(
        ExitCode.INTERNAL,
        "Failed unexpectedly. "
            + failure
            + ". This is a defect of spark-peft or of its surroundings. Please report it with the"
            + " lines below.");
  }
}
