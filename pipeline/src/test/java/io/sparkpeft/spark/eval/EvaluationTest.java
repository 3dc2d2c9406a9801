package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.databind.JsonNode;
import io.delta.tables.DeltaTable;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.EvalTasks;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.Request;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.model.LogLikelihood;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.spark.table.BadRecordPolicy;
import io.sparkpeft.spark.table.OverlongPolicy;
import io.sparkpeft.spark.table.Prepare;
import io.sparkpeft.spark.table.PrepareSettings;
import io.sparkpeft.spark.table.SourceFormat;
import io.sparkpeft.spark.telemetry.Count.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluation on executors, against lm_eval's HFLM on the same model, adapter and documents. */
class EvaluationTest {
  private static final double LOG_LIKELIHOOD = 1e-4;
  private static final Path MODEL = Expected.resource("model");
  private static final Path ADAPTER = Expected.resource("adapter");

  private static final Counter NOBODY_COUNTS = new Counter("nobody", "requests", 0);

  @TempDir Path folder;

  private EvaluateSettings settings(String runId, Optional<Path> adapter, List<String> tasks) {
    return new EvaluateSettings(
        runId,
        MODEL,
        adapter,
        adapter.isPresent(),
        tasks,
        Expected.resource("source"),
        OptionalInt.empty(),
        0,
        Optional.of(folder.resolve("tokens").toString()),
        "float32",
        Optional.empty(),
        16,
        folder.resolve("tables").toString());
  }

  @Test
  void scoresAreLmEvalsWithAndWithoutTheAdapter() {
    SparkSession spark = LocalCluster.session();
    List<String> tasks = Expected.tasks();

    EvaluateResult result =
        Evaluation.run(spark, settings("both", Optional.of(ADAPTER), tasks), message -> {});

    assertScores(result.baseScores(), "base", tasks);
    assertScores(result.scores(), "adapter", tasks);
    assertSamples(spark, result, tasks);
    assertDifferences(result);
    assertThat(result.reused()).isFalse();
    assertReused(spark, result, tasks);
    assertGuarded(spark, result);
  }

  private static void assertScores(List<TaskScore> scores, String model, List<String> tasks) {
    assertThat(scores).extracting(TaskScore::task).containsExactlyElementsOf(tasks);
    for (TaskScore score : scores) {
      JsonNode expected = Expected.part(model).path(score.task());
      assertThat(score.value())
          .as(score.task())
          .isCloseTo(expected.path("acc").asDouble(), within(LOG_LIKELIHOOD));
      assertThat(score.stderr().getAsDouble())
          .as(score.task())
          .isCloseTo(expected.path("acc_stderr").asDouble(), within(LOG_LIKELIHOOD));
    }
  }

  private static void assertSamples(SparkSession spark, EvaluateResult result, List<String> tasks) {
    List<Row> samples =
        spark
            .read()
            .format("delta")
            .load(result.samplesTable())
            .orderBy("document_id", "choice")
            .collectAsList();
    for (String task : tasks) {
      List<Row> own = samples.stream().filter(row -> row.getAs("task").equals(task)).toList();
      assertAnswers(own.stream().filter(EvaluationTest::isBase).toList(), "base", task);
      assertAnswers(own.stream().filter(row -> !isBase(row)).toList(), "adapter", task);
    }
  }

  private static boolean isBase(Row sample) {
    return sample.isNullAt(sample.fieldIndex("adapter_sha256"));
  }

  private static void assertAnswers(List<Row> samples, String model, String task) {
    List<LogLikelihood> expected = Expected.answers(model, task);
    assertThat(samples).hasSameSizeAs(expected);
    for (int i = 0; i < samples.size(); i++) {
      Row sample = samples.get(i);
      assertThat(sample.<Double>getAs("log_likelihood"))
          .as("%s %s request %d", model, task, i)
          .isCloseTo(expected.get(i).sum(), within(LOG_LIKELIHOOD));
      assertThat(sample.<Boolean>getAs("greedy")).isEqualTo(expected.get(i).greedy());
    }
  }

  private static void assertDifferences(EvaluateResult result) {
    assertThat(result.differences()).hasSameSizeAs(result.scores());
    for (int i = 0; i < result.scores().size(); i++) {
      PairedDifference difference = result.differences().get(i);
      double expected = result.scores().get(i).value() - result.baseScores().get(i).value();
      assertThat(difference.task()).isEqualTo(result.scores().get(i).task());
      assertThat(difference.difference()).isCloseTo(expected, within(1e-12));
    }
  }

  private void assertReused(SparkSession spark, EvaluateResult first, List<String> tasks) {
    EvaluateResult second =
        Evaluation.run(spark, settings("both", Optional.of(ADAPTER), tasks), message -> {});
    assertThat(second.reused()).isTrue();
    assertThat(second.scores()).isEqualTo(first.scores());
    assertThat(second.baseScores()).isEqualTo(first.baseScores());
    assertThat(second.requests()).isEqualTo(first.requests());
    assertThatThrownBy(
            () -> Evaluation.run(spark, settings("both", Optional.empty(), tasks), message -> {}))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining("Run both is in " + first.scoresTable());
  }

  /** Samples are written, scores are not: the next try adds what lacks and nothing else. */
  @Test
  void aRunThatFailedBetweenItsTablesIsCompletedWithoutDoubles() throws IOException {
    SparkSession spark = LocalCluster.session();
    EvaluateSettings settings = settings("half", Optional.empty(), List.of("blimp_causative"));
    Path scores = Files.createDirectories(folder.resolve("tables")).resolve("eval_scores");
    Files.writeString(scores, "in the way");
    assertThatThrownBy(() -> Evaluation.run(spark, settings, message -> {}))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CANNOT_WRITE))
        .hasMessageContaining("Cannot write the table " + scores);
    Files.delete(scores);

    List<String> messages = new ArrayList<>();
    EvaluateResult result = Evaluation.run(spark, settings, messages::add);
    Path samples = folder.resolve("tables/eval_samples");
    assertThat(messages)
        .singleElement(STRING)
        .startsWith("Skipped: the rows of run half are in " + samples + " already, written at");
    assertThat(result.reused()).isFalse();
    assertThat(spark.read().format("delta").load(samples.toString()).count())
        .isEqualTo(result.requests());
    assertThat(spark.read().format("delta").load(scores.toString()).count())
        .isEqualTo(result.scores().size());

    EvaluateSettings other = settings("half", Optional.empty(), List.of("blimp_adjunct_island"));
    assertThatThrownBy(() -> Evaluation.run(spark, other, message -> {}))
        .hasMessageContaining("Run half is in");
  }

  /** A driver that ended while it made a table leaves one without constraints. */
  @Test
  void aTableThatWasLeftWithoutItsConstraintsGetsThem() {
    SparkSession spark = LocalCluster.session();
    EvalTable table = ScoreRows.table(spark, folder.resolve("tables").toString());
    DeltaTable.createIfNotExists(spark)
        .location(table.path())
        .addColumns(table.schema())
        .property("delta.appendOnly", "true")
        .execute();
    table.append(new RunKey("empty", "settings"), List.of());
    assertThat(
            DeltaTable.forPath(spark, table.path())
                .detail()
                .select("properties")
                .first()
                .getJavaMap(0)
                .toString())
        .contains("finite_score", "finite_stderr", "counts");
  }

  private static void assertGuarded(SparkSession spark, EvaluateResult result) {
    String table = "delta.`" + result.scoresTable() + "`";
    assertThatThrownBy(() -> spark.sql("DELETE FROM " + table)).hasMessageContaining("append");
    assertThatThrownBy(
            () ->
                spark
                    .read()
                    .format("delta")
                    .load(result.scoresTable())
                    .selectExpr("* EXCEPT (score)", "double('NaN') AS score")
                    .write()
                    .format("delta")
                    .mode("append")
                    .save(result.scoresTable()))
        .hasMessageContaining("finite_score");
  }

  @Test
  void aFailureInATaskComesOutAsItself() throws IOException {
    Path broken = Files.createDirectories(folder.resolve("adapter"));
    Files.copy(
        ADAPTER.resolve("adapter_model.safetensors"), broken.resolve("adapter_model.safetensors"));
    Files.writeString(
        broken.resolve("adapter_config.json"),
        Files.readString(ADAPTER.resolve("adapter_config.json"))
            .replace("\"v_proj\"", "\"o_proj\""));
    EvaluateSettings settings = settings("b", Optional.of(broken), List.of("blimp_causative"));
    assertThatThrownBy(() -> Evaluation.run(LocalCluster.session(), settings, message -> {}))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("v_proj");
  }

  @Test
  void anAdapterThatIsNotThereFailsBeforeAnyTask() {
    Path nowhere = folder.resolve("nowhere");
    EvaluateSettings settings = settings("n", Optional.of(nowhere), List.of("blimp_causative"));
    assertThatThrownBy(() -> Evaluation.run(LocalCluster.session(), settings, message -> {}))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("There is no adapter in " + nowhere);
  }

  @Test
  void answersHaveTheSameBitsForAnyNumberOfTasks() throws Exception {
    List<Request> requests =
        EvalTasks.load(
                List.of("blimp_*", "truthfulqa_mc1"),
                Expected.resource("source"),
                OptionalInt.empty(),
                0)
            .requests();
    ModelSpec spec = ModelSpec.of(MODEL, Optional.of(ADAPTER), "float32", Optional.empty());
    List<RequestBatch> batches = RequestBatch.cut(requests, 8);
    assertThat(answers(spec, batches, 3)).isEqualTo(answers(spec, batches, 1));
  }

  private static Answers answers(ModelSpec spec, List<RequestBatch> batches, int hands)
      throws Exception {
    List<TaskOutcome<List<ScoredRequest>>> outcomes = new ArrayList<>();
    for (List<RequestBatch> hand : RequestBatch.deal(batches, hands)) {
      new ScoreRequests(spec, EnumSet.allOf(Variant.class), NOBODY_COUNTS)
          .call(List.of(hand).iterator())
          .forEachRemaining(outcomes::add);
    }
    return Answers.sorted(TaskOutcome.gathered(outcomes));
  }

  @Test
  void targetsOfATokenTableAreScoredAsTorchDoes() throws Exception {
    List<TokenRow> rows = new ArrayList<>();
    for (JsonNode example : Expected.part("examples")) {
      int length = example.path("tokens").size();
      boolean[] targets = new boolean[length];
      for (int i = 0; i < length; i++) {
        targets[i] = example.path("targets").path(i).asBoolean();
      }
      int[] tokens =
          IntStream.range(0, length).map(i -> example.path("tokens").path(i).asInt()).toArray();
      rows.add(new TokenRow(rows.size(), tokens, targets));
    }
    ModelSpec spec = ModelSpec.of(MODEL, Optional.empty(), "float32", Optional.empty());
    List<TaskOutcome<List<ScoredExample>>> outcomes = new ArrayList<>();
    new ScoreTokens(spec, EnumSet.of(Variant.BASE), 4, NOBODY_COUNTS)
        .call(List.<Iterable<TokenRow>>of(rows).iterator())
        .forEachRemaining(outcomes::add);
    List<ScoredExample> examples = TaskOutcome.gathered(outcomes);
    assertThat(examples).hasSize(20);
    for (ScoredExample example : examples) {
      double expected =
          Expected.part("examples").path((int) example.sample()).path("log_likelihood").asDouble();
      assertThat(example.logLikelihood()).isCloseTo(expected, within(LOG_LIKELIHOOD));
    }
  }

  @Test
  void perplexityReadsTheTokenTableThatPrepareWrote() throws IOException {
    SparkSession spark = LocalCluster.session();
    Path source = folder.resolve("instructions.jsonl");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      lines.append(
          "{\"instruction\": \"What is %d plus 1?\", \"output\": \"%d\"}\n".formatted(i, i + 1));
    }
    Files.writeString(source, lines);
    Prepare.run(spark, prepare(source));

    EvaluateResult result =
        Evaluation.run(
            spark, settings("p", Optional.empty(), List.of(EvalTasks.PERPLEXITY)), message -> {});

    assertThat(result.scores()).extracting(TaskScore::metric).containsExactly("loss", "perplexity");
    TaskScore loss = result.scores().get(0);
    assertThat(loss.n()).isEqualTo(12);
    assertThat(loss.split()).isEqualTo("train");
    Row sums =
        spark
            .read()
            .format("delta")
            .load(result.samplesTable())
            .selectExpr("-sum(log_likelihood) / sum(continuation_tokens)", "count(*)")
            .first();
    assertThat(loss.value()).isCloseTo(sums.getDouble(0), within(1e-12));
    assertThat(result.scores().get(1).value())
        .isCloseTo(Math.exp(loss.value()), within(1e-9 * Math.exp(loss.value())));
  }

  private PrepareSettings prepare(Path source) {
    return new PrepareSettings(
        "prepare-p",
        source.toString(),
        SourceFormat.AUTO,
        "none",
        MODEL,
        64,
        OverlongPolicy.FAIL,
        BadRecordPolicy.FAIL,
        false,
        0,
        folder.resolve("tokens").toString());
  }
}
