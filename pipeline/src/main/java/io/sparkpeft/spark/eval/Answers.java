package io.sparkpeft.spark.eval;

import io.sparkpeft.model.LogLikelihood;
import java.util.Comparator;
import java.util.List;

/**
 * The answers to all requests.
 *
 * @param all ordered by model, then by the requests' places
 */
record Answers(List<ScoredRequest> all) {

  /** The same in whatever order they came. */
  static Answers sorted(List<ScoredRequest> scored) {
    return new Answers(
        scored.stream()
            .sorted(
                Comparator.comparing(ScoredRequest::variant).thenComparingInt(ScoredRequest::index))
            .toList());
  }

  /** One model's, in the requests' order. */
  List<LogLikelihood> of(Variant variant) {
    return all.stream()
        .filter(answer -> answer.variant() == variant)
        .map(answer -> new LogLikelihood(answer.logLikelihood(), answer.greedy()))
        .toList();
  }
}
