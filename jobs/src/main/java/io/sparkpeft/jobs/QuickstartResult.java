package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.api.Evaluated;
import io.sparkpeft.api.Finetuned;
import io.sparkpeft.api.Generated;
import io.sparkpeft.api.Merged;
import io.sparkpeft.api.Prepared;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.weights.ModelFolder;
import java.util.List;

/** What the quickstart shows at its end. */
final class QuickstartResult {
  private QuickstartResult() {}

  static ObjectNode json(
      Recipe recipe,
      Prepared tokens,
      Finetuned adapter,
      Merged merged,
      Evaluated scores,
      Generated before,
      Generated after) {
    Share first = Share.of(scores.baseScores());
    Share last = Share.of(scores.scores());
    DecoderConfig config = DecoderConfig.read(ModelFolder.openConfig(recipe.model().folder()));
    ObjectNode json =
        Json.object()
            .put("score_before", first.value())
            .put("score_before_stderr", first.stderr())
            .put("score_after", last.value())
            .put("score_after_stderr", last.stderr())
            .put("questions", last.n())
            .put("records", tokens.records())
            .put("loss_first", adapter.lossFirst())
            .put("loss_last", adapter.lossLast())
            .put("steps", adapter.steps())
            .put("trainable_parameters", adapter.trainableParameters())
            .put("total_parameters", config.parameterCount())
            .put("all_reduce_bytes_per_step", bytesPerStep(adapter))
            .put("tokens_per_second", adapter.tokensPerSecond())
            .put("ranks", adapter.json().path("ranks").size())
            .put("max_abs_logit_difference", merged.maxAbsLogitDifference())
            .put("max_abs_logit_change", merged.maxAbsLogitChange())
            .put("model_path", recipe.model().folder().toString())
            .put("adapter_path", adapter.adapterPath().toString())
            .put("adapter_sha256", adapter.adapterSha256())
            .put("merged_path", merged.modelPath().toString())
            .put("test_path", recipe.eval().requiredSource())
            .put("tables_root", recipe.tables().root());
    ArrayNode answers = json.putArray("answers");
    for (int i = 0; i < after.answers().size(); i++) {
      answers
          .addObject()
          .put("prompt", after.answers().get(i).prompt())
          .put("before", before.answers().get(i).answer())
          .put("after", after.answers().get(i).answer());
    }
    return json;
  }

  static String text(JsonNode json) {
    StringBuilder text = new StringBuilder();
    text.append("%nscore before   %s%n".formatted(percent(json, "score_before")));
    text.append(
        "score after    %s   of %d test questions that nothing learnt from%n"
            .formatted(percent(json, "score_after"), json.path("questions").asLong()));
    text.append(
        "loss           %.3f at the start, %.3f at the end, %d steps on %d ranks%n"
            .formatted(
                json.path("loss_first").asDouble(),
                json.path("loss_last").asDouble(),
                json.path("steps").asLong(),
                json.path("ranks").asLong()));
    text.append(
        "trained        %,d parameters beside the base's %,d%n"
            .formatted(
                json.path("trainable_parameters").asLong(),
                json.path("total_parameters").asLong()));
    text.append(
        "all-reduced    %,d bytes per step from each rank%n"
            .formatted(json.path("all_reduce_bytes_per_step").asLong()));
    text.append(
        "speed          %,.0f tokens per second%n"
            .formatted(json.path("tokens_per_second").asDouble()));
    text.append("adapter        %s%n".formatted(json.path("adapter_path").asText()));
    text.append("merged model   %s%n".formatted(json.path("merged_path").asText()));
    text.append("tables         %s%n".formatted(json.path("tables_root").asText()));
    for (JsonNode answer : json.path("answers")) {
      text.append(
          "%n%s%n  before   %s%n  after    %s%n"
              .formatted(
                  answer.path("prompt").asText(),
                  oneLine(answer.path("before").asText()),
                  oneLine(answer.path("after").asText())));
    }
    return text.toString();
  }

  private static long bytesPerStep(Finetuned adapter) {
    long bytes = adapter.json().path("ranks").path(0).path("bytes_sent").asLong();
    return bytes / Math.max(1, adapter.steps() - adapter.resumedFromStep());
  }

  private static String percent(JsonNode json, String key) {
    return "%5.1f %% +- %.1f"
        .formatted(100 * json.path(key).asDouble(), 100 * json.path(key + "_stderr").asDouble());
  }

  private static String oneLine(String answer) {
    return answer.strip().replace("\n", " | ");
  }

  /**
   * The share of right answers over several tasks, with its standard error: the sample's deviation
   * over the root of n.
   */
  private record Share(double value, double stderr, long n) {
    static Share of(List<Evaluated.Score> scores) {
      double right = scores.stream().mapToDouble(score -> score.value() * score.n()).sum();
      long n = scores.stream().mapToLong(Evaluated.Score::n).sum();
      double share = right / n;
      return new Share(share, Math.sqrt(share * (1 - share) / (n - 1)), n);
    }
  }
}
