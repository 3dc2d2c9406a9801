package io.sparkpeft.spark.telemetry;

import static io.sparkpeft.base.ExitCode.CANNOT_WRITE;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.List;

/** What can go wrong in telling how a run got on. */
final class TelemetryErrors {
  private TelemetryErrors() {}

  static SparkPeftException cannotOpenEvents(Path file, Exception cause) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "Cannot write events to " + file + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Name a file on this machine that may be written, or leave --events out.",
        cause);
  }

  static SparkPeftException noRun(String runId, String table, List<String> newest) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no run " + runId + " of finetune in the table " + table + ".",
        newest.isEmpty() ? "It has none." : "The newest it has: " + String.join(", ", newest) + ".",
        "Set run.id to the run of finetune, and tables.root to where it wrote.");
  }

  static SparkPeftException cannotWrite(String table, String runId, Exception cause) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "Cannot write run " + runId + " to the table " + table + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Check the place (tables.root) and its rights; the run's adapter is not concerned.",
        cause);
  }
}
