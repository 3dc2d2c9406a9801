package io.sparkpeft.spark.eval;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The table {@code gate_results}: one row per run of gate, rule and score. */
final class GateRows {
  private static final int SCHEMA_VERSION = 1;

  private static final StructType SCHEMA =
      StructType.fromDDL(
          """
          run_id STRING NOT NULL,
          position INT NOT NULL,
          evaluation_run_id STRING NOT NULL,
          model_sha256 STRING NOT NULL,
          adapter_sha256 STRING NOT NULL,
          rule STRING NOT NULL COMMENT 'the key of the recipe',
          task STRING NOT NULL,
          metric STRING NOT NULL,
          bound DOUBLE NOT NULL COMMENT 'in the metric''s units or in standard errors',
          score DOUBLE NOT NULL,
          score_stderr DOUBLE,
          documents INT NOT NULL,
          reference STRING COMMENT 'what the score was compared with',
          reference_score DOUBLE,
          gain DOUBLE COMMENT 'positive is better',
          gain_stderr DOUBLE,
          paired BOOLEAN COMMENT 'whether gain_stderr is of the documents'' differences',
          passed BOOLEAN NOT NULL,
          reason STRING NOT NULL,
          settings_sha256 STRING NOT NULL,
          judged_at TIMESTAMP NOT NULL,
          schema_version INT NOT NULL
          """);

  private static final Map<String, String> CONSTRAINTS =
      new TreeMap<>(
          Map.of("finite_numbers", "NOT isnan(score) AND NOT isnan(bound) AND NOT isnan(gain)"));

  private GateRows() {}

  static EvalTable table(SparkSession spark, String root) {
    return EvalTable.at(spark, root, "gate_results", SCHEMA, CONSTRAINTS);
  }

  static List<Row> rows(RunKey run, GateResult result, Instant when) {
    List<Row> rows = new ArrayList<>();
    for (GateRow verdict : result.rows()) {
      rows.add(row(run, rows.size(), result, verdict, when));
    }
    return rows;
  }

  private static Row row(
      RunKey run, int position, GateResult result, GateRow verdict, Instant when) {
    return RowFactory.create(
        run.runId(),
        position,
        result.evaluationRunId(),
        result.modelSha256(),
        result.adapterSha256(),
        verdict.rule(),
        verdict.task(),
        verdict.metric(),
        verdict.bound(),
        verdict.score(),
        orNull(verdict.scoreStderr()),
        verdict.documents(),
        verdict.reference().orElse(null),
        orNull(verdict.referenceScore()),
        orNull(verdict.gain()),
        orNull(verdict.gainStderr()),
        verdict.paired().orElse(null),
        verdict.passed(),
        verdict.reason(),
        run.settingsSha256(),
        Timestamp.from(when),
        SCHEMA_VERSION);
  }

  private static Double orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  /** The result that a run wrote; empty if it wrote none. */
  static Optional<GateResult> result(Dataset<Row> ofRun, String table) {
    List<Row> rows =
        ofRun.collectAsList().stream()
            .sorted(Comparator.comparing(row -> row.<Integer>getAs("position")))
            .toList();
    return rows.stream()
        .findFirst()
        .map(
            first ->
                new GateResult(
                    first.getAs("evaluation_run_id"),
                    first.getAs("model_sha256"),
                    first.getAs("adapter_sha256"),
                    rows.stream().map(GateRows::verdict).toList(),
                    table));
  }

  private static GateRow verdict(Row row) {
    return new GateRow(
        row.getAs("rule"),
        row.getAs("task"),
        row.getAs("metric"),
        row.<Double>getAs("bound"),
        row.<Double>getAs("score"),
        optional(row, "score_stderr"),
        row.<Integer>getAs("documents"),
        Optional.ofNullable(row.getAs("reference")),
        optional(row, "reference_score"),
        optional(row, "gain"),
        optional(row, "gain_stderr"),
        Optional.ofNullable(row.getAs("paired")),
        row.<Boolean>getAs("passed"),
        row.getAs("reason"));
  }

  private static OptionalDouble optional(Row row, String column) {
    Double value = row.getAs(column);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
