package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;

import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.spark.table.PinnedTable;
import io.sparkpeft.spark.table.TokenTable;
import io.sparkpeft.spark.telemetry.Count;
import io.sparkpeft.spark.telemetry.Count.Counter;
import io.sparkpeft.spark.telemetry.RunEvent;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Scores the targets of a token table: of its validation split where it has one, else of its train
 * split.
 */
record TokenScoring(
    SparkSession spark, EvaluateSettings settings, RunFacts facts, Consumer<RunEvent> watcher) {
  private static final String VALIDATION = "validation";
  private static final String TRAIN = "train";

  /** Neighbours that are computed together, whatever the table's files and partitions. */
  private static final int NEIGHBOURS = 128;

  TokenAnswers score(String path) {
    PinnedTable pinned = TokenTable.pin(spark, path, OptionalLong.empty(), Optional.empty());
    Dataset<Row> table =
        spark.read().format("delta").option("versionAsOf", pinned.version()).load(path);
    Dataset<Row> validation = table.filter(col("split").equalTo(VALIDATION));
    boolean validated = !validation.isEmpty();
    Dataset<Row> split = validated ? validation : table.filter(col("split").equalTo(TRAIN));
    Dataset<Row> examples = limited(split);
    try (Count count = Count.open(facts.key().runId(), "examples", examples.count(), watcher)) {
      List<ScoredExample> scored = scored(examples, count.counter());
      count.finish();
      return new TokenAnswers(
          scored, validated ? VALIDATION : TRAIN, Math.toIntExact(split.count()));
    }
  }

  private Dataset<Row> limited(Dataset<Row> split) {
    Dataset<Row> columns = split.select("sample_index", "tokens", "targets");
    return settings.limit().isPresent()
        ? columns.orderBy("sample_index").limit(settings.limit().getAsInt())
        : columns;
  }

  private List<ScoredExample> scored(Dataset<Row> rows, Counter counter) {
    ModelSpec spec =
        ModelSpec.of(
            settings.model(), settings.adapter(), settings.dtype(), settings.quantization());
    JavaPairRDD<Long, Iterable<TokenRow>> neighbours =
        rows.toJavaRDD()
            .map(TokenRow::of)
            .mapToPair(row -> new Tuple2<>(row.sample() / NEIGHBOURS, row))
            .groupByKey(spark.sparkContext().defaultParallelism());
    return TaskOutcome.gathered(
            neighbours
                .values()
                .mapPartitions(
                    new ScoreTokens(spec, facts.variants(), settings.batchSize(), counter))
                .collect())
        .stream()
        .sorted(
            Comparator.comparing(ScoredExample::variant).thenComparingLong(ScoredExample::sample))
        .toList();
  }
}
