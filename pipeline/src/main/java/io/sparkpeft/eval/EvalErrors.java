package io.sparkpeft.eval;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** The failures of evaluation. */
public final class EvalErrors {
  private EvalErrors() {}

  static SparkPeftException unknownTask(String name, Collection<String> known) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "eval.tasks names the task " + name + ", which does not exist.",
        Nearest.to(name, known)
            .map(nearest -> "Did you mean " + nearest + "?")
            .orElse("No known name is near to it."),
        "Known are " + String.join(", ", known) + " and patterns of them with *.");
  }

  static SparkPeftException sourceMissing(Path source) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "eval.source " + source + " does not exist.",
        "The tasks' documents are read from it.",
        "Name a folder that holds the tasks' files, or one file.");
  }

  static SparkPeftException fileMissing(String task, String file, Path source) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "Task " + task + " needs the file " + file + ", which is not in " + source + ".",
        "It is looked for there and in the folders directly below.",
        "Put it there or set eval.source to the folder that holds it.");
  }

  static SparkPeftException nothingMatches(String pattern, String files, Path source) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "No file in " + source + " belongs to a task like " + pattern + ".",
        "Expected are files like " + files + ", there or in the folders directly below.",
        "Put them there or set eval.source to the folder that holds them.");
  }

  static SparkPeftException ambiguousFile(String task, List<Path> files) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "Task " + task + " finds its documents in several places: " + files + ".",
        "Scores would depend on which is read.",
        "Set eval.source to the folder of the one that is meant.");
  }

  static SparkPeftException badDocument(Path file, int line, String reason, Throwable cause) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "Cannot read " + file + ", line " + line + ": " + reason + ".",
        "Every document counts in a score, so none is skipped.",
        "Mend the line or take the file from its source again.",
        cause);
  }

  static SparkPeftException badDocument(Path file, int line, String reason) {
    return badDocument(file, line, reason, null);
  }

  static SparkPeftException badQuestion(Path file, int index, String targets) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "Cannot use question " + index + " (from 0) of " + file + ".",
        "It needs a text under question and a true answer under "
            + targets
            + ", for mc1 the first.",
        "Mend it or take the file from its source again.");
  }

  static SparkPeftException noDocuments(Path file) {
    return SparkPeftException.of(
        ExitCode.DATA,
        file + " holds no document.",
        "A score needs at least one.",
        "Check that the file is whole.");
  }

  static SparkPeftException tooFewShots(Path file, int shots, int available) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "eval.num_fewshot asks for "
            + shots
            + " solved examples, and "
            + file
            + " has "
            + available
            + ".",
        "They are the first of that file.",
        "Ask for at most " + available + ".");
  }

  static SparkPeftException shotsNotDefined(String task, int shots) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "eval.num_fewshot is " + shots + ", and " + task + " has no solved examples.",
        "Only mmlu_* tasks have a split to take them from.",
        "Evaluate " + task + " with eval.num_fewshot 0.");
  }

  static SparkPeftException continuationTooLong(Request request, int tokens, int maxLength) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "Choice %d of document %d of %s has %d tokens, and the model's context %d."
            .formatted(request.choice(), request.documentId(), request.task(), tokens, maxLength),
        "Only contexts are cut to fit.",
        "Take a model with a longer context, or leave this task out.");
  }

  static SparkPeftException emptyContinuation(Request request) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "Choice %d of document %d of %s has no token of its own."
            .formatted(request.choice(), request.documentId(), request.task()),
        "Its text disappears into the tokens of the context.",
        "Leave this document out, or check that the tokenizer belongs to the model.");
  }
}
