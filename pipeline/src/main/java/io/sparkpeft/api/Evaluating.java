package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.eval.LmEvalResults;
import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.EvaluateResult;
import io.sparkpeft.spark.eval.EvaluateSettings;
import io.sparkpeft.spark.eval.Evaluation;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;

/** A model, with or without an adapter, to scores in Delta tables. */
record Evaluating(SparkSession session, JobEvents events) {
  Evaluated run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.EVALUATE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      events.accept("Run " + result.runId() + " is finished already; its scores are reused.");
      return new Evaluated(finished.get(), true);
    }
    try (NewFolder folder = result.begin()) {
      EvaluateSettings settings = settings(recipe, result.runId());
      events.accept(
          "Scoring "
              + settings.adapter().map(a -> LocalCopy.name(a) + " on ").orElse("")
              + LocalCopy.name(settings.model())
              + ".");
      EvaluateResult scored = Evaluation.run(session, settings, events, events.watcher());
      writeAsLmEval(folder, settings, scored);
      ObjectNode keys = json(scored);
      return new Evaluated(result.commit(folder, keys), false);
    }
  }

  /** Beside the tables, what readers of lm-eval's files understand. */
  private static void writeAsLmEval(
      NewFolder folder, EvaluateSettings settings, EvaluateResult scored) {
    Map<String, String> model = new TreeMap<>();
    model.put("pretrained", LocalCopy.name(settings.model()));
    model.put("dtype", settings.dtype());
    settings.quantization().ifPresent(q -> model.put("quantization", q.text()));
    if (!scored.baseScores().isEmpty()) {
      write(folder, "results_base.json", scored.baseScores(), model, settings, scored.seconds());
    }
    settings.adapter().ifPresent(adapter -> model.put("peft", LocalCopy.name(adapter)));
    write(folder, "results.json", scored.scores(), model, settings, scored.seconds());
  }

  private static void write(
      NewFolder folder,
      String file,
      List<TaskScore> scores,
      Map<String, String> model,
      EvaluateSettings settings,
      double seconds) {
    LmEvalResults results =
        new LmEvalResults(scores, model, settings.batchSize(), seconds, Instant.now());
    folder.write(file, Json.canonicalBytes(results.json()));
  }

  private static EvaluateSettings settings(Recipe recipe, String runId) {
    Optional<Integer> limit = recipe.eval().limit();
    return new EvaluateSettings(
        runId,
        recipe.model().folder(),
        recipe.adapter().folder(),
        recipe.eval().compareBase(),
        recipe.eval().requiredTasks(),
        Path.of(recipe.eval().requiredSource()).toAbsolutePath().normalize(),
        limit.isPresent() ? OptionalInt.of(limit.get()) : OptionalInt.empty(),
        recipe.eval().numFewshot(),
        Optional.of(recipe.tokenTable()),
        recipe.model().dtype().name().toLowerCase(java.util.Locale.ROOT),
        recipe.base().quantization(),
        recipe.eval().batchSize(),
        recipe.tables().root());
  }

  private static ObjectNode json(EvaluateResult result) {
    ObjectNode json =
        Json.object()
            .put("requests", result.requests())
            .put("scoring_seconds", result.seconds())
            .put("scores_table", result.scoresTable())
            .put("samples_table", result.samplesTable());
    put(json.putArray("scores"), result.scores());
    if (!result.baseScores().isEmpty()) {
      put(json.putArray("base_scores"), result.baseScores());
      result.differences().forEach(d -> json.withArray("differences").add(json(d)));
    }
    return json;
  }

  private static void put(ArrayNode array, List<TaskScore> scores) {
    for (TaskScore score : scores) {
      ObjectNode json =
          array
              .addObject()
              .put("task", score.task())
              .put("metric", score.metric())
              .put("value", score.value())
              .put("n", score.n());
      score.stderr().ifPresent(stderr -> json.put("stderr", stderr));
    }
  }

  private static ObjectNode json(PairedDifference difference) {
    ObjectNode json =
        Json.object()
            .put("task", difference.task())
            .put("metric", difference.metric())
            .put("difference", difference.difference())
            .put("improved", difference.improved())
            .put("worsened", difference.worsened())
            .put("p_value", difference.pValue());
    difference.stderr().ifPresent(stderr -> json.put("stderr", stderr));
    return json;
  }
}
