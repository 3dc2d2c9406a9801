package io.sparkpeft.spark.eval;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.Request;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** The failures of evaluation and generation on Spark. */
final class SparkEvalErrors {
  /** Characters of a prompt that an error shows. */
  private static final int SHOWN = 60;

  /** How many runs an error names. */
  static final int SHOWN_RUNS = 10;

  private SparkEvalErrors() {}

  static SparkPeftException noEvaluation(String runId, String table, List<String> there) {
    String hint = Nearest.to(runId, there).map(near -> "Did you mean " + near + "? ").orElse("");
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There are no scores of run " + runId + " in " + table + ".",
        there.isEmpty()
            ? "The table has no run at all."
            : "The newest runs there: " + String.join(", ", there) + ".",
        hint + "Evaluate the adapter first, or set gate.run_id to the run that did.");
  }

  static SparkPeftException noAdapterScored(String runId) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "Run " + runId + " scored a model without an adapter.",
        "A gate judges adapters.",
        "Evaluate with adapter.path, or name another run as gate.run_id.");
  }

  static SparkPeftException noPrefixToken(String folder) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The tokenizer in " + folder + " names neither a begin nor an end of sequence.",
        "One of them stands before a text that is scored without a context.",
        "Name bos_token or eos_token in its tokenizer_config.json.");
  }

  static SparkPeftException notFinite(Request request, double value) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The log-likelihood of choice %d of document %d of %s is %s."
            .formatted(request.choice(), request.documentId(), request.task(), value),
        "The weights overflow or hold values that are not numbers.",
        "Check the model and the adapter, or set model.dtype to float32.");
  }

  static SparkPeftException notFinite(long sample, double value) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The log-likelihood of sample " + sample + " of the token table is " + value + ".",
        "The weights overflow or hold values that are not numbers.",
        "Check the model and the adapter, or set model.dtype to float32.");
  }

  static SparkPeftException otherSettings(String runId, String table) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "Run " + runId + " is in " + table + " with another model, adapter or other settings.",
        "A run's rows are written once and never changed.",
        "Set run.id to a new name.");
  }

  static SparkPeftException noAdapter(Path folder) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There is no adapter in " + folder + ".",
        "An adapter is a folder with adapter_config.json and adapter_model.safetensors.",
        "Check adapter.path.");
  }

  static SparkPeftException noAdapter(String name, Path folder, Collection<String> names) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There is no adapter '" + name + "': " + folder + " has no adapter_config.json.",
        names.isEmpty()
            ? "A name is " + AdapterNames.BASE + ", a folder, or that of one in adapter.path."
            : "adapter.path has the adapters " + String.join(", ", names) + ".",
        "Correct the name, in the column generate.adapter_column say, or adapter.path.");
  }

  static SparkPeftException noNamedAdapters(String name) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The adapter '" + name + "' is asked for, and adapter.path is not set.",
        "Names without a slash are those of adapters beside each other in adapter.path.",
        "Set adapter.path, or name a folder.");
  }

  static SparkPeftException remoteName(String name) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The adapter '" + name + "' is asked for by its address in another file system.",
        "What is named row by row must be on every machine.",
        "Set adapter.path to the folder that it lies in, and name it without a slash.");
  }

  static SparkPeftException noPrompt() {
    return SparkPeftException.of(
        ExitCode.DATA, "A row has no prompt.", "Its column is null.", "Leave such rows out.");
  }

  static SparkPeftException namesNoAdapter(String prompt) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The row with the prompt '%s' names no adapter."
            .formatted(prompt.substring(0, Math.min(SHOWN, prompt.length()))),
        "The column that generate.adapter_column names is null there.",
        "Name one; " + AdapterNames.BASE + " asks the base model alone.");
  }

  static SparkPeftException noTokenTable() {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The task perplexity has no token table.",
        "Its documents are the examples that prepare wrote.",
        "Set data.table, or leave perplexity out of eval.tasks.");
  }

  static SparkPeftException cannotWriteTable(String path, Throwable cause) {
    return SparkPeftException.of(
        ExitCode.CANNOT_WRITE,
        "Cannot write the table " + path + ".",
        String.valueOf(cause.getMessage()),
        "Check tables.root and its rights; what is written is written whole.",
        cause);
  }
}
