package io.sparkpeft.optim;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Dtype;
import java.util.Collection;
import java.util.TreeSet;

/** The failures of this room. */
final class OptimErrors {
  private OptimErrors() {}

  static SparkPeftException notInRange(String key, Number value, String range) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "%s = %s cannot be used.".formatted(key, value),
        "It must be %s.".formatted(range),
        "Set it to such a value.");
  }

  static SparkPeftException groupedTwice(String parameter) {
    return SparkPeftException.of(
        ExitCode.INTERNAL,
        "The adapter's tensor %s stands in two parameter groups.".formatted(parameter),
        "It would be updated twice in every step.",
        "Put every tensor into one group.");
  }

  static SparkPeftException stateDoesNotFit(
      Collection<String> missing, Collection<String> unexpected) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The saved optimizer state does not fit the adapter: missing %s, unexpected %s."
            .formatted(new TreeSet<>(missing), new TreeSet<>(unexpected)),
        "It was written by another optimizer or for another adapter.",
        "Resume with the recipe that wrote it, or start anew with train.resume = never.");
  }

  static SparkPeftException stateOfOtherSize(
      String name, Dtype expected, long expectedSize, Dtype found, long foundSize) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The saved optimizer state has %d values of %s for %s instead of %d of %s."
            .formatted(
                foundSize, found.safetensorsName(), name, expectedSize, expected.safetensorsName()),
        "It was written for an adapter of another shape.",
        "Resume with the recipe that wrote it, or start anew with train.resume = never.");
  }
}
