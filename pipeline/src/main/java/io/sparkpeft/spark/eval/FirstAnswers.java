package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;

import io.sparkpeft.spark.eval.SampleAnswer.Choice;
import io.sparkpeft.spark.eval.SampleAnswer.Given;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Row;

/** The first questions of each task, with the answers of an adapter and of its base. */
record FirstAnswers(EvalTable samples) {

  /** A question of a task. */
  private record Asked(String task, long document) implements Comparable<Asked> {
    private static final Comparator<Asked> ORDER =
        Comparator.comparing(Asked::task).thenComparingLong(Asked::document);

    @Override
    public int compareTo(Asked other) {
      return ORDER.compare(this, other);
    }
  }

  /** Rows without texts, such as a token table's, are left out. */
  List<SampleAnswer> of(String runId, String adapterSha256, int ofEachTask) {
    List<Row> rows =
        samples
            .rows(runId)
            .filter(col("document_id").lt(ofEachTask))
            .filter(col("context").isNotNull().and(col("correct").isNotNull()))
            .filter(col("adapter_sha256").isNull().or(col("adapter_sha256").equalTo(adapterSha256)))
            .orderBy("task", "document_id", "choice")
            .collectAsList();
    Map<Asked, List<Row>> base = new TreeMap<>();
    Map<Asked, List<Row>> adapted = new TreeMap<>();
    for (Row row : rows) {
      boolean ofBase = row.isNullAt(row.fieldIndex("adapter_sha256"));
      Asked asked = new Asked(row.getAs("task"), row.<Long>getAs("document_id"));
      (ofBase ? base : adapted).computeIfAbsent(asked, a -> new ArrayList<>()).add(row);
    }
    return adapted.entrySet().stream()
        .map(e -> answer(e.getKey(), e.getValue(), Optional.ofNullable(base.get(e.getKey()))))
        .toList();
  }

  private static SampleAnswer answer(Asked asked, List<Row> adapted, Optional<List<Row>> base) {
    return new SampleAnswer(
        asked.task(),
        asked.document(),
        adapted.get(0).getAs("context"),
        adapted.stream()
            .filter(row -> row.<Boolean>getAs("correct"))
            .findFirst()
            .map(row -> row.<String>getAs("continuation"))
            .orElse(""),
        base.map(FirstAnswers::given),
        given(adapted));
  }

  private static Given given(List<Row> choices) {
    return Given.of(
        choices.stream()
            .map(
                row ->
                    new Choice(
                        row.getAs("continuation"),
                        row.<Double>getAs("log_likelihood"),
                        row.<Boolean>getAs("greedy"),
                        row.<Boolean>getAs("correct")))
            .toList());
  }
}
