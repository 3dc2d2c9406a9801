package io.sparkpeft.weights.torch;

import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.Collection;

/** The failures of files that torch.save wrote. */
final class TorchFileErrors {
  private static final String CONVERT =
      "Use the safetensors file of the same weights, or write one in Python from what torch.load"
          + " with weights_only=True gives.";

  private TorchFileErrors() {}

  static SparkPeftException legacy(Path file) {
    return SparkPeftException.of(
        DATA,
        "Cannot read " + file + ": it has the format of torch before 1.6.",
        "It is a bare pickle, not the archive that torch.save has written since.",
        CONVERT);
  }

  static SparkPeftException broken(Path file, String why) {
    return SparkPeftException.of(
        DATA, "Cannot read " + file + " as torch.save writes files.", why, CONVERT);
  }

  static SparkPeftException forbidden(Path file, String what) {
    return SparkPeftException.of(
        DATA,
        "Refused to read " + file + ": it asks for " + what + ".",
        "A pickle may call anything that Python can. Only what a dictionary of tensors needs is"
            + " done, and nothing of this file was.",
        "Do not load it in Python either, unless you trust whoever made it.");
  }

  static SparkPeftException tensorTooLarge(Path file, TensorEntry entry) {
    return SparkPeftException.of(
        DATA,
        "Cannot read tensor " + entry + " of " + file + ".",
        "It has " + entry.bytes() + " bytes; one tensor may have at most 2147483647.",
        "Use a checkpoint with a smaller dtype, or one in more shards.");
  }

  static SparkPeftException missingTensor(Path file, String name, Collection<String> names) {
    String hint = Nearest.to(name, names).map(near -> " The nearest is " + near + ".").orElse("");
    return SparkPeftException.of(
        MISSING_INPUT,
        "Tensor " + name + " is missing from " + file + ".",
        "It has " + names.size() + " tensors, but not this one." + hint,
        "Check that the weights belong to the configuration beside them.");
  }
}
