package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Scores that were measured and stored. */
public final class Evaluated extends RunResult {
  Evaluated(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /**
   * @param task lm-eval's name
   * @param value of the metric
   * @param stderr the value's standard error
   * @param n questions
   */
  public record Score(String task, String metric, double value, double stderr, long n) {}

  /** Of the model with its adapter, or of the bare base where there is none. */
  public List<Score> scores() {
    return scores("scores");
  }

  /** Of the bare base; empty unless {@code eval.compare_base} asked for them. */
  public List<Score> baseScores() {
    return scores("base_scores");
  }

  /** The Delta table of all scores ever stored there: one row per run, model, task and metric. */
  public String scoresTable() {
    return text("scores_table");
  }

  /** That of the single answers: one row per run, model and request. */
  public String samplesTable() {
    return text("samples_table");
  }

  private List<Score> scores(String key) {
    List<Score> scores = new ArrayList<>();
    for (JsonNode score : node().path(key)) {
      scores.add(
          new Score(
              score.path("task").asText(),
              score.path("metric").asText(),
              score.path("value").asDouble(),
              score.path("stderr").asDouble(),
              score.path("n").asLong()));
    }
    return scores;
  }
}
