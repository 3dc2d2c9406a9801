package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.TaskScore;
import java.util.List;

/**
 * What an evaluation found.
 *
 * @param scores of the model with its adapter, or of the bare base where there is none: one per
 *     task and metric, then those of groups
 * @param baseScores of the bare base, in the same order; empty unless both were asked for
 * @param differences from base to adapter over the same documents; empty unless both were scored in
 *     this run
 * @param scoresTable path of {@code eval_scores}
 * @param samplesTable path of {@code eval_samples}
 * @param requests continuations that were scored, once per model
 * @param seconds time that scoring took
 * @param reused whether the tables held this run already, so that nothing was scored
 */
public record EvaluateResult(
    List<TaskScore> scores,
    List<TaskScore> baseScores,
    List<PairedDifference> differences,
    String scoresTable,
    String samplesTable,
    long requests,
    double seconds,
    boolean reused) {

  public EvaluateResult {
    scores = List.copyOf(scores);
    baseScores = List.copyOf(baseScores);
    differences = List.copyOf(differences);
  }
}
