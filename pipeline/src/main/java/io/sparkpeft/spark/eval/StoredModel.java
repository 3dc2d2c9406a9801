package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.TaskAnswers;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.eval.gate.ScoredModel;
import java.util.List;
import java.util.Optional;

/**
 * A model by what the tables know of it.
 *
 * @param stored its scores, possibly of several runs, one for each task and metric
 * @param samples where its answers are
 */
record StoredModel(String name, List<StoredScore> stored, StoredAnswers samples)
    implements ScoredModel {

  StoredModel {
    stored = List.copyOf(stored);
  }

  @Override
  public List<TaskScore> scores() {
    return stored.stream().map(StoredScore::score).toList();
  }

  @Override
  public Optional<TaskAnswers> answers(TaskScore score) {
    return stored.stream()
        .filter(s -> s.score().equals(score))
        .findFirst()
        .flatMap(s -> samples.of(s.runId(), s.adapterSha256(), score.task()));
  }
}
