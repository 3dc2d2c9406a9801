package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.Perplexity;
import io.sparkpeft.eval.TaskScore;
import java.util.List;

/**
 * The log-likelihoods of a token table's examples.
 *
 * @param all ordered by model, then by sample index
 * @param split which of the table's splits they are
 * @param nOriginal examples of that split
 */
record TokenAnswers(List<ScoredExample> all, String split, int nOriginal) {

  List<TaskScore> scores(Variant variant) {
    List<ScoredExample> own = all.stream().filter(e -> e.variant() == variant).toList();
    return Perplexity.scores(
        own.stream().mapToDouble(ScoredExample::logLikelihood).toArray(),
        own.stream().mapToLong(ScoredExample::targets).toArray(),
        split,
        nOriginal);
  }
}
