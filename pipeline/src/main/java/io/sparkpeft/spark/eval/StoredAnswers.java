package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.sparkpeft.eval.Choice;
import io.sparkpeft.eval.ChoiceAnswers;
import io.sparkpeft.eval.Document;
import io.sparkpeft.eval.EvalTasks;
import io.sparkpeft.eval.TargetAnswers;
import io.sparkpeft.eval.TargetAnswers.TargetAnswer;
import io.sparkpeft.eval.TaskAnswers;
import io.sparkpeft.model.LogLikelihood;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Row;

/** Reads answers out of eval_samples. */
record StoredAnswers(EvalTable samples) {

  /** One model's answers to one task in one run; empty where the table does not have them all. */
  Optional<TaskAnswers> of(String runId, Optional<String> adapterSha256, String task) {
    List<Row> rows =
        samples
            .rows(runId)
            .filter(col("task").equalTo(task))
            .filter(col("adapter_sha256").eqNullSafe(lit(adapterSha256.orElse(null))))
            .collectAsList()
            .stream()
            .sorted(
                Comparator.comparing((Row row) -> row.<Long>getAs("document_id"))
                    .thenComparing(row -> row.<Integer>getAs("choice")))
            .toList();
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    return task.equals(EvalTasks.PERPLEXITY) ? Optional.of(targets(rows)) : choices(task, rows);
  }

  private static TaskAnswers targets(List<Row> rows) {
    return new TargetAnswers(
        rows.stream()
            .map(
                row ->
                    new TargetAnswer(
                        row.getAs("document_id"),
                        row.<Integer>getAs("continuation_tokens"),
                        row.<Double>getAs("log_likelihood")))
            .toList());
  }

  /** Rows of earlier versions do not say which choices are correct. */
  private static Optional<TaskAnswers> choices(String task, List<Row> rows) {
    if (rows.stream().anyMatch(row -> row.isNullAt(row.fieldIndex("correct")))) {
      return Optional.empty();
    }
    Map<Long, List<Row>> byDocument = new TreeMap<>();
    rows.forEach(
        row ->
            byDocument.computeIfAbsent(row.getAs("document_id"), id -> new ArrayList<>()).add(row));
    return Optional.of(
        new ChoiceAnswers(
            task,
            byDocument.values().stream().map(StoredAnswers::document).toList(),
            byDocument.values().stream().map(StoredAnswers::answers).toList()));
  }

  private static Document document(List<Row> choices) {
    Row first = choices.get(0);
    return new Document(
        Math.toIntExact(first.<Long>getAs("document_id")),
        first.getAs("context_sha256"),
        choices.stream().map(StoredAnswers::choice).toList());
  }

  private static Choice choice(Row row) {
    String continuation = row.getAs("continuation");
    return new Choice(continuation, continuation.strip(), row.<Boolean>getAs("correct"));
  }

  private static List<LogLikelihood> answers(List<Row> choices) {
    return choices.stream()
        .map(
            row ->
                new LogLikelihood(
                    row.<Double>getAs("log_likelihood"), row.<Boolean>getAs("greedy")))
        .toList();
  }
}
