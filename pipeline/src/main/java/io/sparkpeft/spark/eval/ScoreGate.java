package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.eval.gate.Gate;
import io.sparkpeft.eval.gate.ScoredModel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** Judges the scores that an evaluation left in the tables, and keeps the verdicts. */
public final class ScoreGate {
  private ScoreGate() {}

  /**
   * Judges by all rules and appends the verdicts to {@code gate_results}. A run whose id and
   * settings are there already is not judged again: its verdicts are read.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) for scores that are missing, (65) for scores
   *     that cannot be judged, (78) without rules or for a run id that was used with other
   *     settings, (73) if the table cannot be written
   */
  public static GateResult run(SparkSession spark, GateSettings settings) {
    EvalTable table = GateRows.table(spark, settings.tablesRoot());
    RunKey key = new RunKey(settings.runId(), settingsSha256(settings));
    Optional<GateResult> earlier = GateRows.result(table.rows(key), table.path());
    if (earlier.isPresent()) {
      return earlier.get();
    }
    GateResult result = judge(spark, settings, table.path());
    table.append(key, GateRows.rows(key, result, Instant.now()));
    return result;
  }

  /** What a run of gate found; empty if the table has no such run. */
  public static Optional<GateResult> of(SparkSession spark, String tablesRoot, String runId) {
    EvalTable table = GateRows.table(spark, tablesRoot);
    return GateRows.result(table.rows(runId), table.path());
  }

  /** The newest run of gate that judged an adapter; empty if none did. */
  public static Optional<JudgedGate> newestOf(
      SparkSession spark, String tablesRoot, String adapterSha256) {
    EvalTable table = GateRows.table(spark, tablesRoot);
    return table
        .all()
        .filter(col("adapter_sha256").equalTo(adapterSha256))
        .orderBy(col("judged_at").desc(), col("run_id"))
        .select("run_id")
        .limit(1)
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .findFirst()
        .flatMap(id -> of(spark, tablesRoot, id).map(result -> new JudgedGate(id, result)));
  }

  private static GateResult judge(SparkSession spark, GateSettings settings, String table) {
    StoredScores scores = StoredScores.at(spark, settings.tablesRoot());
    StoredModel judged = scores.adapterOf(settings.evaluationRunId());
    ScoredModel reference =
        settings
            .promoted()
            .map(promoted -> scores.adapter(promoted.name(), promoted.adapterSha256(), judged))
            .orElseGet(() -> scores.baseOf(judged));
    List<GateRow> rows =
        new Gate(judged, reference, settings.partialTasks())
            .judge(settings.rules()).stream()
                .map(verdict -> GateRow.of(verdict, reference.name()))
                .toList();
    StoredScore of = judged.stored().get(0);
    return new GateResult(
        settings.evaluationRunId(),
        of.modelSha256(),
        of.adapterSha256().orElseThrow(),
        rows,
        table);
  }

  /** The reference is left out: it may have been replaced between a run and its repetition. */
  private static String settingsSha256(GateSettings settings) {
    ObjectNode json =
        Json.object()
            .put("evaluation_run_id", settings.evaluationRunId())
            .put("partial_tasks", settings.partialTasks());
    settings
        .rules()
        .forEach(
            rule ->
                json.withArray("rules")
                    .addObject()
                    .put("rule", rule.kind().key())
                    .put("scores", rule.scores())
                    .put("bound", rule.bound()));
    return Sha256.of(Json.compact(json));
  }
}
