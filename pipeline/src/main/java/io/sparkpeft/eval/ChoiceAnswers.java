package io.sparkpeft.eval;

import io.sparkpeft.model.LogLikelihood;
import java.util.List;
import java.util.Optional;

/**
 * Answers to a task whose documents offer choices.
 *
 * @param documents with hashes in place of their contexts
 * @param answers for each document the log-likelihoods of its choices
 */
public record ChoiceAnswers(
    String task, List<Document> documents, List<List<LogLikelihood>> answers)
    implements TaskAnswers {

  public ChoiceAnswers {
    documents = List.copyOf(documents);
    answers = List.copyOf(answers);
  }

  @Override
  public Optional<PairedDifference> differenceFrom(TaskAnswers first, String metric) {
    if (!(first instanceof ChoiceAnswers other) || !documents.equals(other.documents)) {
      return Optional.empty();
    }
    return EvalTasks.metric(task, metric)
        .map(known -> PairedDifference.of(task, metric, other.values(known), values(known)));
  }

  /** One value per document. */
  private double[] values(Metric metric) {
    double[] values = new double[documents.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = metric.value(documents.get(i), answers.get(i));
    }
    return values;
  }
}
