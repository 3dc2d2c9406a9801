package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.delta.tables.DeltaTable;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.gate.GateRule;
import io.sparkpeft.eval.gate.GateRule.Kind;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.eval.GateSettings.PromotedReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gate over what a real evaluation left in the tables. */
class ScoreGateTest {
  private static final Path MODEL = Expected.resource("model");
  private static final Path ADAPTER = Expected.resource("adapter");
  private static final List<GateRule> NO_WORSE =
      List.of(new GateRule(Kind.MAX_REGRESSION_STDERR, "*.acc", 100));

  @TempDir static Path folder;
  private static SparkSession spark;
  private static EvaluateResult both;

  @BeforeAll
  static void evaluate() {
    spark = LocalCluster.session();
    both = evaluate("both", Optional.of(ADAPTER), true);
    evaluate("adapter", Optional.of(ADAPTER), false);
    evaluate("base", Optional.empty(), false);
  }

  private static EvaluateResult evaluate(
      String runId, Optional<Path> adapter, boolean compareBase) {
    EvaluateSettings settings =
        new EvaluateSettings(
            runId,
            MODEL,
            adapter,
            compareBase,
            Expected.tasks(),
            Expected.resource("source"),
            OptionalInt.empty(),
            0,
            Optional.empty(),
            "float32",
            Optional.empty(),
            16,
            folder.toString());
    return Evaluation.run(spark, settings, message -> {});
  }

  private static GateSettings settings(String runId, String evaluation, List<GateRule> rules) {
    return new GateSettings(runId, evaluation, Optional.empty(), rules, false, folder.toString());
  }

  /** What evaluation computed from the answers in memory, the gate computes from the table. */
  @Test
  void differencesArePairedByTheAnswersInTheTable() {
    GateResult result = ScoreGate.run(spark, settings("paired", "both", NO_WORSE));
    assertThat(result.rows()).hasSameSizeAs(both.differences());
    for (GateRow row : result.rows()) {
      PairedDifference expected =
          both.differences().stream()
              .filter(d -> d.task().equals(row.task()) && d.metric().equals(row.metric()))
              .findFirst()
              .orElseThrow();
      assertThat(row.paired()).contains(true);
      assertThat(row.gain().getAsDouble()).isCloseTo(expected.difference(), within(1e-12));
      assertThat(row.gainStderr().getAsDouble())
          .as(row.task())
          .isCloseTo(expected.stderr().getAsDouble(), within(1e-12));
    }
  }

  @Test
  void theBaseMayHaveBeenScoredByARunOfItsOwn() {
    GateResult result = ScoreGate.run(spark, settings("apart", "adapter", NO_WORSE));
    assertThat(result.rows()).allMatch(row -> row.paired().orElseThrow());
    assertThat(result.rows()).extracting(GateRow::reference).containsOnly(Optional.of("the base"));
    assertThat(result.rows().get(0).referenceScore().getAsDouble())
        .isCloseTo(both.baseScores().get(0).value(), within(1e-12));
  }

  @Test
  void aPromotedAdapterIsComparedWithByItsHash() {
    String sha256 = AdapterFiles.sha256(ADAPTER);
    GateSettings base = settings("promoted", "adapter", NO_WORSE);
    GateResult result =
        ScoreGate.run(
            spark,
            new GateSettings(
                base.runId(),
                base.evaluationRunId(),
                Optional.of(new PromotedReference("sums, version 1", sha256)),
                base.rules(),
                false,
                base.tablesRoot()));
    assertThat(result.adapterSha256()).isEqualTo(sha256);
    for (GateRow row : result.rows()) {
      assertThat(row.reference()).contains("sums, version 1");
      assertThat(row.gain().getAsDouble()).isZero();
    }
  }

  @Test
  void verdictsAreKeptAndTheRunIsNotJudgedTwice() {
    List<GateRule> rules =
        List.of(
            new GateRule(Kind.MIN, "*.acc", 0),
            new GateRule(Kind.MIN, Expected.tasks().get(0) + ".acc", 1.5));
    GateResult first = ScoreGate.run(spark, settings("kept", "both", rules));
    assertThat(first.passed()).isFalse();
    long versions = versions(first.table());

    assertThat(ScoreGate.run(spark, settings("kept", "both", rules))).isEqualTo(first);
    assertThat(ScoreGate.of(spark, folder.toString(), "kept")).contains(first);
    assertThat(ScoreGate.of(spark, folder.toString(), "never")).isEmpty();
    assertThat(versions(first.table())).isEqualTo(versions);
    assertFailure(
        () -> ScoreGate.run(spark, settings("kept", "both", NO_WORSE)),
        ExitCode.CONFIGURATION,
        "Run kept is in " + first.table() + " with another model");
  }

  private static long versions(String table) {
    return DeltaTable.forPath(spark, table).history().count();
  }

  @Test
  void whatWasNotEvaluatedIsSaid() {
    assertFailure(
        () -> ScoreGate.run(spark, settings("missing", "adaptor", NO_WORSE)),
        ExitCode.MISSING_INPUT,
        "There are no scores of run adaptor in %s. The newest runs there: base, adapter, both. Did"
                .formatted(both.scoresTable())
            + " you mean adapter? Evaluate the adapter first");
    assertFailure(
        () -> ScoreGate.run(spark, settings("bare", "base", NO_WORSE)),
        ExitCode.DATA,
        "Run base scored a model without an adapter.");
  }

  private static void assertFailure(Runnable work, ExitCode code, String message) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageStartingWith(message);
  }
}
