package io.sparkpeft.spark.telemetry;

import static io.sparkpeft.base.ExitCode.CANNOT_WRITE;

import io.sparkpeft.base.SparkPeftException;

/** What can go wrong in telling how a run got on. */
final class TelemetryErrors {
  private TelemetryErrors() {}

  static SparkPeftException cannotWrite(String table, String runId, Exception cause) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "Cannot write run " + runId + " to the table " + table + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Check the place (tables.root) and its rights; the run's adapter is not concerned.",
        cause);
  }
}
