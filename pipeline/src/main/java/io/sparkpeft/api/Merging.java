package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.MergeSection;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.telemetry.Count;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** A base and adapters to one plain model folder, checked against the two. */
record Merging(SparkSession session, JobEvents messages) {
  private static final String MODEL = "model";
  private static final String ADAPTER = "adapter";

  Merged run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.MERGE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("Run " + result.runId() + " is finished already; its model is reused.");
      return new Merged(finished.get(), true);
    }
    MergeMemory predicted = MergeMemory.of(recipe);
    tellWhatWillHappen(recipe);
    messages.accept(predicted.text());
    try (NewFolder folder = result.begin();
        Count count = Count.open(result.runId(), "tensors", messages.watcher())) {
      MergeTask task =
          new MergeTask(
              recipe.placed().effective().assignments(),
              result.place(folder, MODEL).toString(),
              result.place(folder, ADAPTER).toString(),
              count.counter());
      MergeCertificate certificate = OnExecutor.run(session, "spark-peft: merge", task);
      count.finish();
      messages.accept(certificate.text());
      if (certificate.peakMemoryBytes() > 0) {
        messages.accept(
            "Peak memory: "
                + MergeMemory.mebibytes(certificate.peakMemoryBytes())
                + ", with the process's own.");
      }
      if (certificate.equalGreedyTokens() < certificate.greedyTokens()) {
        messages.accept(warning(certificate));
      }
      return new Merged(result.commit(folder, json(result, certificate, predicted)), false);
    }
  }

  private void tellWhatWillHappen(Recipe recipe) {
    MergeSection settings = recipe.merging();
    List<Path> adapters = settings.folders(recipe.adapter());
    settings
        .combination()
        .ifPresent(
            type ->
                messages.accept("Combining %d adapters (%s).".formatted(adapters.size(), type)));
    for (int i = 0; i < adapters.size(); i++) {
      String count = adapters.size() == 1 ? "" : " (%d of %d)".formatted(i + 1, adapters.size());
      messages.accept(
          "Merging %s into %s%s."
              .formatted(
                  LocalCopy.name(adapters.get(i)), LocalCopy.name(recipe.model().folder()), count));
    }
  }

  private static String warning(MergeCertificate certificate) {
    int others = certificate.greedyTokens() - certificate.equalGreedyTokens();
    String why =
        certificate.base() == MergeSection.Base.REQUANTIZED
            ? "Four bits cannot hold all that the adapter adds: keep it beside the base, or merge"
                + " with merge.base = dequantized."
            : "Evaluate the merged model before you use it in the adapter's place.";
    return "Warning: the merged model continues the probe prompts otherwise in %d of %d tokens. %s"
        .formatted(others, certificate.greedyTokens(), why);
  }

  private static ObjectNode json(
      ResultFolder result, MergeCertificate certificate, MergeMemory predicted) {
    ObjectNode keys =
        Json.object()
            .put("model_path", result.location(MODEL))
            .put("max_abs_logit_difference", certificate.maxAbsLogitDifference())
            .put("max_abs_logit_change", certificate.maxAbsLogitChange())
            .put("max_abs_weight_change", certificate.maxAbsWeightChange())
            .put("predicted_memory_bytes", predicted.total())
            .put("peak_memory_bytes", certificate.peakMemoryBytes());
    keys.set("certificate", certificate.json());
    return keys;
  }
}
