package io.sparkpeft.spark.registry;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.util.List;
import java.util.stream.Collectors;

/** The failures of promoting. */
final class RegistryErrors {
  private RegistryErrors() {}

  static SparkPeftException changed(String path, List<String> changes) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The adapter in " + path + " is not the one that was judged or promoted.",
        "Its files have changed: " + String.join("; ", changes) + ".",
        "Restore them, or evaluate and gate the adapter as it is now.");
  }

  static SparkPeftException noVersion(String name, long version, List<AdapterVersion> there) {
    String versions =
        there.stream().map(v -> Long.toString(v.version())).collect(Collectors.joining(", "));
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There is no version " + version + " of the adapter " + name + ".",
        there.isEmpty() ? "No version of it was ever promoted." : "It has: " + versions + ".",
        "Set promote.version to one of its versions, or leave it out to promote a new one.");
  }

  static SparkPeftException otherAdapter(String runId, AdapterVersion promoted) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "Run %s has promoted another adapter: version %d of %s, sha256 %s."
            .formatted(runId, promoted.version(), promoted.name(), promoted.adapter().sha256()),
        "A run promotes once.",
        "Set run.id to a new name.");
  }

  static SparkPeftException cannotWrite(String table, String name, Exception cause) {
    return SparkPeftException.of(
        ExitCode.CANNOT_WRITE,
        "Cannot promote " + name + " in the table " + table + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Check tables.root and its rights; what was promoted before still is.",
        cause);
  }

  static SparkPeftException contended(String table, String name, Exception cause) {
    return SparkPeftException.of(
        ExitCode.TRY_AGAIN,
        "Cannot promote " + name + " in the table " + table + ".",
        "Other writers came first, again and again.",
        "Try again; what was promoted before still is.",
        cause);
  }
}
