package io.sparkpeft.eval;

import io.sparkpeft.model.LogLikelihood;
import java.util.ArrayList;
import java.util.List;

/**
 * A task with the documents to score.
 *
 * @param name lm-eval's name, as {@code blimp_causative}
 * @param version lm-eval's version of this definition
 * @param split where the documents come from: test, validation or train
 * @param shots solved examples before each question
 * @param metrics what its answers are judged by
 * @param documents in the file's order, the first {@code limit} of them
 * @param originalCount documents that the file has
 */
public record EvalTask(
    String name,
    String version,
    String split,
    int shots,
    List<Metric> metrics,
    List<Document> documents,
    int originalCount) {

  public EvalTask {
    metrics = List.copyOf(metrics);
    documents = List.copyOf(documents);
  }

  /** How many requests its documents make. */
  public int requestCount() {
    return documents.stream().mapToInt(document -> document.choices().size()).sum();
  }

  /** Cuts the answers to all its requests, in order, into those of each document. */
  public List<List<LogLikelihood>> byDocument(List<LogLikelihood> answers) {
    List<List<LogLikelihood>> result = new ArrayList<>();
    int next = 0;
    for (Document document : documents) {
      int end = next + document.choices().size();
      result.add(answers.subList(next, end));
      next = end;
    }
    return result;
  }

  /**
   * The task's scores, one per metric.
   *
   * @param answers for each document the log-likelihoods of its choices
   */
  public List<TaskScore> scores(List<List<LogLikelihood>> answers) {
    return metrics.stream().map(metric -> score(metric, values(metric, answers))).toList();
  }

  List<PairedDifference> differences(List<LogLikelihood> first, List<LogLikelihood> second) {
    return metrics.stream()
        .map(
            metric ->
                PairedDifference.of(
                    name,
                    metric.lmEvalName(),
                    values(metric, byDocument(first)),
                    values(metric, byDocument(second))))
        .toList();
  }

  /** One value per document. */
  public double[] values(Metric metric, List<List<LogLikelihood>> answers) {
    if (answers.size() != documents.size()) {
      throw new IllegalArgumentException(
          "%d answers for %d documents of %s".formatted(answers.size(), documents.size(), name));
    }
    double[] values = new double[documents.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = metric.value(documents.get(i), answers.get(i));
    }
    return values;
  }

  private TaskScore score(Metric metric, double[] values) {
    return new TaskScore(
        name,
        version,
        split,
        shots,
        metric.lmEvalName(),
        true,
        Statistics.mean(values),
        Statistics.meanStderr(values),
        values.length,
        originalCount);
  }
}
