package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.GateSection.Reference;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.GateResult;
import io.sparkpeft.spark.eval.GateRow;
import io.sparkpeft.spark.eval.GateSettings;
import io.sparkpeft.spark.eval.GateSettings.PromotedReference;
import io.sparkpeft.spark.eval.ScoreGate;
import io.sparkpeft.spark.registry.AdaptersTable;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** Scores to verdicts, in Delta tables. */
record Gating(SparkSession session, Consumer<String> messages) {
  Gated run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.GATE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("Run " + result.runId() + " is finished already; its verdicts are reused.");
      return new Gated(finished.get(), true);
    }
    try (NewFolder folder = result.begin()) {
      GateSettings settings = settings(recipe, result.runId());
      messages.accept("Judging the adapter of run " + settings.evaluationRunId() + ".");
      ObjectNode keys = json(ScoreGate.run(session, settings));
      return new Gated(result.commit(folder, keys), false);
    }
  }

  private GateSettings settings(Recipe recipe, String runId) {
    return new GateSettings(
        runId,
        recipe.evaluationRunId(),
        recipe.gate().reference() == Reference.PROMOTED ? promoted(recipe) : Optional.empty(),
        recipe.gate().rules(),
        recipe.gate().partialTasks(),
        recipe.tables().root());
  }

  private Optional<PromotedReference> promoted(Recipe recipe) {
    String name = recipe.promote().requiredName();
    Optional<PromotedReference> reference =
        new AdaptersTable(session, recipe.tables().root())
            .promoted(name)
            .map(
                version ->
                    new PromotedReference(
                        "%s, version %d".formatted(name, version.version()),
                        version.adapter().sha256()));
    if (reference.isEmpty()) {
      messages.accept("No version of " + name + " is promoted yet; the base is the reference.");
    }
    return reference;
  }

  /** A gate that is not passed has a result like any other, but for its exit code. */
  private static ObjectNode json(GateResult result) {
    ExitCode code = result.passed() ? ExitCode.OK : ExitCode.GATE_NOT_PASSED;
    ObjectNode json =
        Json.object()
            .put("status", result.passed() ? "succeeded" : "not_passed")
            .put("exit_code", code.number())
            .put("passed", result.passed())
            .put("evaluation_run_id", result.evaluationRunId())
            .put("model_sha256", result.modelSha256())
            .put("adapter_sha256", result.adapterSha256())
            .put("table", result.table());
    result.rows().forEach(row -> json.withArray("verdicts").add(json(row)));
    return json;
  }

  private static ObjectNode json(GateRow row) {
    ObjectNode json =
        Json.object()
            .put("rule", row.rule())
            .put("task", row.task())
            .put("metric", row.metric())
            .put("bound", row.bound())
            .put("score", row.score())
            .put("documents", row.documents())
            .put("passed", row.passed())
            .put("reason", row.reason());
    row.scoreStderr().ifPresent(value -> json.put("score_stderr", value));
    row.reference().ifPresent(value -> json.put("reference", value));
    row.referenceScore().ifPresent(value -> json.put("reference_score", value));
    row.gain().ifPresent(value -> json.put("gain", value));
    row.gainStderr().ifPresent(value -> json.put("gain_stderr", value));
    row.paired().ifPresent(value -> json.put("paired", value));
    return json;
  }
}
