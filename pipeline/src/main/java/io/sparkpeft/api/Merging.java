package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** A base and an adapter to one plain model folder, checked against the two. */
record Merging(SparkSession session, Consumer<String> messages) {
  private static final String MODEL = "model";

  Merged run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.MERGE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("Run " + result.runId() + " is finished already; its model is reused.");
      return new Merged(finished.get(), true);
    }
    try (NewFolder folder = result.begin()) {
      String base = recipe.model().folder().toString();
      String adapter = recipe.adapter().requiredFolder().toString();
      String target = folder.path().resolve(MODEL).toString();
      messages.accept("Merging " + adapter + " into " + base + ".");
      MergeCheck check =
          OnExecutor.run(
              session,
              "spark-peft: merge",
              () -> MergeCheck.ofMerge(Path.of(base), Path.of(adapter), Path.of(target)));
      ObjectNode keys =
          Json.object()
              .put("model_path", result.path().resolve(MODEL).toString())
              .put("max_abs_logit_difference", check.maxAbsLogitDifference())
              .put("max_abs_logit_change", check.maxAbsLogitChange())
              .put("max_abs_weight_change", check.maxAbsWeightChange());
      return new Merged(result.commit(folder, keys), false);
    }
  }
}
