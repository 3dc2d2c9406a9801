package io.sparkpeft.jobs;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;

/** The failures of starting a job. */
final class JobErrors {
  private JobErrors() {}

  static SparkPeftException noSettings(String file, RuntimeException cause) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "Cannot read Spark's settings in " + file + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Check --properties-file.",
        cause);
  }

  static SparkPeftException noSession(String master, RuntimeException cause) {
    return SparkPeftException.of(
        ExitCode.TRY_AGAIN,
        "Cannot start Spark on " + master + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Check --master and that its cluster can be reached; --verbose shows more.",
        cause);
  }
}
