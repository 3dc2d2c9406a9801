package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.TaskScore;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The table {@code eval_scores}: one row per run, model, task and metric. */
final class ScoreRows {
  private static final int SCHEMA_VERSION = 2;

  private static final StructType SCHEMA =
      new StructType()
          .add("run_id", DataTypes.StringType, false)
          .add("position", DataTypes.IntegerType, false)
          .add("model_id", DataTypes.StringType, false)
          .add("model_sha256", DataTypes.StringType, false)
          .add("adapter_sha256", DataTypes.StringType, true)
          .add("task", DataTypes.StringType, false)
          .add("task_version", DataTypes.StringType, false)
          .add("split", DataTypes.StringType, false)
          .add("n_shot", DataTypes.IntegerType, false)
          .add("metric", DataTypes.StringType, false)
          .add("higher_is_better", DataTypes.BooleanType, false)
          .add("score", DataTypes.DoubleType, false)
          .add("score_stderr", DataTypes.DoubleType, true)
          .add("n_effective", DataTypes.IntegerType, false)
          .add("n_original", DataTypes.IntegerType, false)
          .add("dtype", DataTypes.StringType, false)
          .add("settings_sha256", DataTypes.StringType, false)
          .add("wall_seconds", DataTypes.DoubleType, false)
          .add("evaluated_at", DataTypes.TimestampType, false)
          .add("schema_version", DataTypes.IntegerType, false)
          .add("quantization", DataTypes.StringType, true);

  private static final Map<String, String> CONSTRAINTS =
      new TreeMap<>(
          Map.of(
              "finite_score",
              "NOT isnan(score) AND abs(score) < double('Infinity')",
              "finite_stderr",
              "score_stderr IS NULL OR (NOT isnan(score_stderr) AND score_stderr >= 0)",
              "counts",
              "n_effective > 0 AND n_effective <= n_original"));

  private ScoreRows() {}

  static EvalTable table(SparkSession spark, String root) {
    return EvalTable.at(spark, root, "eval_scores", SCHEMA, CONSTRAINTS);
  }

  static List<Row> rows(
      RunFacts facts, Map<Variant, List<TaskScore>> scores, double seconds, Instant when) {
    List<Row> rows = new ArrayList<>();
    scores.forEach(
        (variant, ofVariant) ->
            ofVariant.forEach(s -> rows.add(row(facts, variant, rows.size(), s, seconds, when))));
    return rows;
  }

  private static Row row(
      RunFacts facts, Variant variant, int position, TaskScore s, double seconds, Instant when) {
    return RowFactory.create(
        facts.key().runId(),
        position,
        facts.modelId(),
        facts.modelSha256(),
        facts.adapterSha256(variant).orElse(null),
        s.task(),
        s.version(),
        s.split(),
        s.shots(),
        s.metric(),
        s.higherIsBetter(),
        s.value(),
        s.stderr().isPresent() ? s.stderr().getAsDouble() : null,
        s.n(),
        s.nOriginal(),
        facts.dtype(),
        facts.key().settingsSha256(),
        seconds,
        Timestamp.from(when),
        SCHEMA_VERSION,
        facts.quantization().orElse(null));
  }

  /** The scores in those rows, in the order in which they were written. */
  static List<TaskScore> scores(Dataset<Row> rows, Variant variant) {
    String which =
        variant == Variant.BASE ? "adapter_sha256 IS NULL" : "adapter_sha256 IS NOT NULL";
    return rows.filter(which).orderBy("position").collectAsList().stream()
        .map(ScoreRows::score)
        .toList();
  }

  static TaskScore score(Row row) {
    int stderr = row.fieldIndex("score_stderr");
    return new TaskScore(
        row.<String>getAs("task"),
        row.<String>getAs("task_version"),
        row.<String>getAs("split"),
        row.<Integer>getAs("n_shot"),
        row.<String>getAs("metric"),
        row.<Boolean>getAs("higher_is_better"),
        row.<Double>getAs("score"),
        row.isNullAt(stderr) ? OptionalDouble.empty() : OptionalDouble.of(row.getDouble(stderr)),
        row.<Integer>getAs("n_effective"),
        row.<Integer>getAs("n_original"));
  }
}
