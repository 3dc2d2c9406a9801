package io.sparkpeft.train;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;

/** The failures of training. */
final class TrainErrors {
  private TrainErrors() {}

  /** Requires that a setting is in its range. */
  static void require(String key, Number value, boolean inRange, String range) {
    if (!inRange) {
      throw SparkPeftException.of(
          ExitCode.CONFIGURATION,
          "%s = %s cannot be used.".formatted(key, value),
          "It must be %s.".formatted(range),
          "Set it to such a value.");
    }
  }

  static SparkPeftException nothingToTrainOn(int size, int held) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "No example is left to train on: there are %d, and %d are held back for validation."
            .formatted(size, held),
        "A run needs at least one.",
        "Give it more data, or lower data.validation_fraction.");
  }
}
