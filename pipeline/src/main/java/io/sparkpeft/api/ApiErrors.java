package io.sparkpeft.api;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The failures of whole jobs. */
final class ApiErrors {
  private static final String TO_GATE =
      "Run evaluate and gate with the same run.id first, or set promote.without_gate=true.";

  private ApiErrors() {}

  static SparkPeftException otherRun(Path folder, String runId, List<String> differences) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "Run "
            + runId
            + " in "
            + folder
            + " is another one: "
            + String.join("; ", differences)
            + ".",
        "A run is reused or gone on with only where everything that decides its result is the same.",
        "Set run.id or output.path to a new name, or take back the change.");
  }

  static SparkPeftException conflictingAdapterKey(String key, String here) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "adapter."
            + key
            + " is set to "
            + here
            + ", which is not what the adapter that is read has.",
        "In a warm start the adapter's own configuration holds.",
        "Leave out adapter." + key + ", or leave out adapter.path to begin a new adapter.");
  }

  static SparkPeftException noSuchCheckpoint(String resume) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "Cannot resume from " + resume + ".",
        "It is not the folder of a checkpoint.",
        "Set train.resume to a folder step-NNNNNN, to auto, or to never.");
  }

  static SparkPeftException otherProcessor(int rank, String host, String arithmetic) {
    return SparkPeftException.of(
        ExitCode.NO_SLOTS,
        "Rank " + rank + " on " + host + " cannot compute in " + arithmetic + ".",
        "Its processor has other vector instructions than the one the run was begun on, or one has a"
            + " GPU and the other has not, so its results would differ in their last bits.",
        "Run on hosts of one kind, or begin a new run there.");
  }

  static SparkPeftException noRoom(int longest, int virtualTokens, int context) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The longest example has %,d tokens, and the model has room for %,d."
            .formatted(longest, context - virtualTokens),
        virtualTokens == 0
            ? "That is its context."
            : "Its context is %,d, and %,d virtual tokens stand before every example."
                .formatted(context, virtualTokens),
        "Prepare the table with data.max_length = " + (context - virtualTokens) + " or less.");
  }

  static SparkPeftException noTableOfPrompts(String adapterColumn) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "generate.adapter_column is " + adapterColumn + ", and there is no table with columns.",
        "Each row of the table generate.prompts then names its adapter.",
        "Set generate.prompts to a Delta table or a Parquet folder, or leave the column out.");
  }

  static SparkPeftException noPrompts() {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "There is nothing to answer.",
        "Neither generate.prompt nor generate.prompts is set.",
        "Set one of them.");
  }

  static SparkPeftException otherTemplate(String adapters, String recipes) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The adapter was trained with another prompt template ("
            + adapters
            + ") than "
            + recipes
            + ".",
        "Answers come out wrong where prompts differ from training.",
        "Set data.template as it was in prepare, or use --raw for a text without a template.");
  }

  static SparkPeftException baseInFourBits(Path base) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The base " + base + " is quantised, so it is no original to merge into.",
        "Merging into four bits, into what they stand for, and into the weights before them gives"
            + " three different models.",
        "Name the base in 16 bits as model.path, or choose merge.base = dequantized or"
            + " requantized.");
  }

  static SparkPeftException baseNotInFourBits(Path base) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The base " + base + " is not quantised.",
        "merge.base = dequantized and requantized go by how the adapter was trained: on a base in"
            + " four bits.",
        "Set model.quantization as it was in training, or choose merge.base = original.");
  }

  static SparkPeftException noGate(String adapter, Optional<String> gateRunId, String table) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "The adapter in " + adapter + " has not passed a gate.",
        gateRunId.isPresent()
            ? "The table " + table + " has no run " + gateRunId.get() + "."
            : "Neither promote.gate_run_id nor run.id says which run of gate to look for.",
        TO_GATE);
  }

  static SparkPeftException otherAdapterJudged(
      String adapter, String sha256, String gateRunId, String judgedSha256) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The adapter in %s (sha256 %s) is not the one that gate %s judged (sha256 %s)."
            .formatted(adapter, sha256, gateRunId, judgedSha256),
        "Its verdict is not about these weights.",
        TO_GATE);
  }

  static SparkPeftException gateNotPassed(String adapter, String gateRunId, List<String> reasons) {
    return SparkPeftException.of(
        ExitCode.GATE_NOT_PASSED,
        "The adapter in " + adapter + " did not pass gate " + gateRunId + ".",
        String.join(" ", reasons),
        "Train a better one, or set promote.without_gate=true.");
  }

  static SparkPeftException noResult(Path folder) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There is no result in " + folder + ".",
        "report.results names folders that merge and generate left, with a _RESULT.json.",
        "Name such a folder, or leave it out.");
  }

  static SparkPeftException versionAndPath(long version, String path) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "Both promote.version = " + version + " and adapter.path = " + path + " are set.",
        "A version has its own files.",
        "Leave out adapter.path to go back to that version, or promote.version to promote a new"
            + " one.");
  }
}
