package io.sparkpeft.api.bench;

import static io.sparkpeft.base.ExitCode.DATA;

import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;

/** The failures of a benchmark. */
final class BenchErrors {
  private BenchErrors() {}

  static SparkPeftException brokenDocument(Path file, int line, String why) {
    return SparkPeftException.of(
        DATA,
        "Line " + line + " of " + file + " is not a document.",
        why,
        "Write each line as {\"tokens\": [1, 529, ...], \"prompt_tokens\": 41}.");
  }

  static SparkPeftException noDocuments(Path file, int maxLength) {
    return SparkPeftException.of(
        DATA,
        "There is nothing to train on in " + file + ".",
        "No document in it has a target and at most data.max_length = " + maxLength + " tokens.",
        "Set bench.documents to another file, or data.max_length to more.");
  }
}
