package io.sparkpeft.train;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.INTERNAL;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;
import static io.sparkpeft.base.ExitCode.TRY_AGAIN;

import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** The failures of training. */
final class TrainErrors {
  private static final String START_ANEW = "or start anew with train.resume = never.";

  private TrainErrors() {}

  /** Requires that a setting is in its range. */
  static void require(String key, Number value, boolean inRange, String range) {
    if (!inRange) {
      throw SparkPeftException.of(
          CONFIGURATION,
          "%s = %s cannot be used.".formatted(key, value),
          "It must be %s.".formatted(range),
          "Set it to such a value.");
    }
  }

  static SparkPeftException nothingToTrainOn() {
    return SparkPeftException.of(
        DATA,
        "There is no example to train on.",
        "All were dropped or held back for validation.",
        "Give it more data, or lower data.validation_fraction.");
  }

  static SparkPeftException noTargets(long step) {
    return SparkPeftException.of(
        DATA,
        "No token of step %d is a target.".formatted(step),
        "Its loss would be a division by zero.",
        "Check that the examples have answers and that data.max_length leaves room for them.");
  }

  static SparkPeftException notFinite(long step, double loss, double learningRate) {
    return SparkPeftException.of(
        DATA,
        "Step %d has a loss or a gradient that is not finite or too large to add up (loss %s)."
            .formatted(step, loss),
        "The adapter has diverged at a learning rate of %s.".formatted(learningRate),
        "Lower train.learning_rate, lengthen train.warmup_steps, or set train.max_grad_norm.");
  }

  static SparkPeftException noGradient(List<String> modules) {
    return SparkPeftException.of(
        INTERNAL,
        "No gradient reached %d of the adapter's modules in the first step: %s."
            .formatted(modules.size(), String.join(", ", modules)),
        "They would never be trained.",
        "Leave them out of adapter.target_modules, or report the base model's architecture.");
  }

  static SparkPeftException ranksDiffer(String what, long step, List<Integer> ranks) {
    return SparkPeftException.of(
        INTERNAL,
        "After step %d rank %s has another %s than rank 0.".formatted(step, joined(ranks), what),
        "The ranks no longer train one adapter.",
        "Give all ranks the same files, versions and kind of processor, and resume from the last"
            + " checkpoint.");
  }

  static SparkPeftException interrupted() {
    return SparkPeftException.of(
        TRY_AGAIN,
        "The training was interrupted.",
        "Its thread was asked to stop.",
        "Start it again: it resumes from the last checkpoint.");
  }

  static SparkPeftException microBatchFailed(Throwable cause) {
    return SparkPeftException.of(
        INTERNAL,
        "A micro-batch could not be computed.",
        "%s.".formatted(cause),
        "If memory ran out, lower train.micro_batch_size or data.max_length.",
        cause);
  }

  static SparkPeftException notACheckpoint(Path path) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "%s is not a checkpoint.".formatted(path),
        "A checkpoint is a folder named after its step, as in step-000100.",
        "Point train.resume to one, or set it to auto.");
  }

  static SparkPeftException noSuchCheckpoint(Path path) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no checkpoint at %s.".formatted(path),
        "It was deleted, or this host does not see it.",
        "Keep checkpoints where every rank can read them, " + START_ANEW);
  }

  static SparkPeftException damaged(Path checkpoint, String damage) {
    return SparkPeftException.of(
        DATA,
        "The checkpoint %s is damaged.".formatted(checkpoint),
        "%s.".formatted(damage),
        "Resume from another, " + START_ANEW);
  }

  static SparkPeftException otherRun(Path checkpoint, List<String> differences) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The checkpoint %s belongs to another run.".formatted(checkpoint),
        String.join("; ", differences) + ".",
        "Go back to its settings, choose another run.id, " + START_ANEW);
  }

  static SparkPeftException otherTensors(List<String> expected, Collection<String> found) {
    return SparkPeftException.of(
        DATA,
        "The checkpoint's adapter has the tensors %s instead of %s.".formatted(found, expected),
        "It was written for another adapter.",
        "Resume with the recipe that wrote it, " + START_ANEW);
  }

  static SparkPeftException otherShape(String name, long[] expected, long[] found) {
    return SparkPeftException.of(
        DATA,
        "The checkpoint's %s has the shape %s instead of %s."
            .formatted(name, Arrays.toString(found), Arrays.toString(expected)),
        "It was written for another adapter.",
        "Resume with the recipe that wrote it, " + START_ANEW);
  }

  private static String joined(List<Integer> ranks) {
    return String.join(", ", ranks.stream().map(String::valueOf).toList());
  }
}
