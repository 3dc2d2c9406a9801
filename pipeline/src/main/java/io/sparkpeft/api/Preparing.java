package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.data.TokenAudit;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.table.Prepare;
import io.sparkpeft.spark.table.PrepareResult;
import io.sparkpeft.spark.table.PrepareSettings;
import io.sparkpeft.weights.ModelFolder;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** Instruction files to a token table. */
record Preparing(SparkSession session, Consumer<String> messages) {

  Prepared run(Recipe recipe) {
    DecoderConfig config = DecoderConfig.read(ModelFolder.openConfig(recipe.model().folder()));
    ResultFolder result = ResultFolder.of(Job.PREPARE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("Run " + result.runId() + " is finished already; its table is reused.");
      return new Prepared(finished.get(), true);
    }
    try (NewFolder folder = result.begin()) {
      PrepareSettings settings = Settings.prepare(recipe, result.runId(), config);
      messages.accept("Tokenizing " + settings.source() + " into " + settings.table() + ".");
      PrepareResult prepared = Prepare.run(session, settings);
      if (prepared.reused()) {
        messages.accept(
            "Skipped: the tokens of run %s are in %s already, written at version %d."
                .formatted(result.runId(), prepared.table(), prepared.version()));
      }
      return new Prepared(result.commit(folder, json(prepared)), false);
    }
  }

  private static ObjectNode json(PrepareResult result) {
    TokenAudit audit = result.audit();
    ObjectNode json =
        Json.object()
            .put("records", audit.records())
            .put("train_records", result.trainRecords())
            .put("validation_records", result.validationRecords())
            .put("tokens", audit.tokens())
            .put("target_tokens", audit.targetTokens())
            .put("table", result.table())
            .put("version", result.version());
    json.set("dropped", Json.tree(audit.dropped()));
    return json;
  }
}
