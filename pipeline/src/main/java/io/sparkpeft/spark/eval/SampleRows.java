package io.sparkpeft.spark.eval;

import io.sparkpeft.base.Sha256;
import io.sparkpeft.eval.EvalSuite;
import io.sparkpeft.eval.EvalTasks;
import io.sparkpeft.eval.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The table {@code eval_samples}: one row per run, model and request, from which every score can be
 * computed again, also by another definition of its metric.
 */
final class SampleRows {
  private static final StructType SCHEMA =
      new StructType()
          .add("run_id", DataTypes.StringType, false)
          .add("model_id", DataTypes.StringType, false)
          .add("adapter_sha256", DataTypes.StringType, true)
          .add("task", DataTypes.StringType, false)
          .add("document_id", DataTypes.LongType, false)
          .add("choice", DataTypes.IntegerType, false)
          .add("log_likelihood", DataTypes.DoubleType, false)
          .add("greedy", DataTypes.BooleanType, false)
          .add("context_tokens", DataTypes.IntegerType, false)
          .add("continuation_tokens", DataTypes.IntegerType, false)
          .add("cut_tokens", DataTypes.IntegerType, false)
          .add("settings_sha256", DataTypes.StringType, false)
          .add("context_sha256", DataTypes.StringType, true)
          .add("context", DataTypes.StringType, true)
          .add("continuation", DataTypes.StringType, true)
          .add("correct", DataTypes.BooleanType, true);

  private static final Map<String, String> CONSTRAINTS =
      new TreeMap<>(
          Map.of(
              "finite_log_likelihood",
              "NOT isnan(log_likelihood) AND abs(log_likelihood) < double('Infinity')",
              "token_counts",
              "continuation_tokens > 0 AND cut_tokens >= 0 AND cut_tokens <= context_tokens"));

  private SampleRows() {}

  static EvalTable table(SparkSession spark, String root) {
    return EvalTable.at(spark, root, "eval_samples", SCHEMA, CONSTRAINTS);
  }

  static List<Row> ofRequests(RunFacts facts, EvalSuite suite, List<ScoredRequest> scored) {
    List<Request> requests = suite.requests();
    List<Boolean> correct = suite.correct();
    List<Row> rows = new ArrayList<>();
    for (ScoredRequest answer : scored) {
      rows.add(row(facts, requests.get(answer.index()), correct.get(answer.index()), answer));
    }
    return rows;
  }

  /** Examples of a token table: their targets are the continuation, their text stays there. */
  static List<Row> ofExamples(RunFacts facts, List<ScoredExample> scored) {
    return scored.stream().map(example -> row(facts, example)).toList();
  }

  private static Row row(RunFacts facts, ScoredExample example) {
    return RowFactory.create(
        facts.key().runId(),
        facts.modelId(),
        facts.adapterSha256(example.variant()).orElse(null),
        EvalTasks.PERPLEXITY,
        example.sample(),
        0,
        example.logLikelihood(),
        example.greedy(),
        example.tokens() - example.targets(),
        example.targets(),
        0,
        facts.key().settingsSha256(),
        null,
        null,
        null,
        null);
  }

  private static Row row(RunFacts facts, Request request, boolean correct, ScoredRequest answer) {
    return RowFactory.create(
        facts.key().runId(),
        facts.modelId(),
        facts.adapterSha256(answer.variant()).orElse(null),
        request.task(),
        (long) request.documentId(),
        request.choice(),
        answer.logLikelihood(),
        answer.greedy(),
        answer.contextTokens(),
        answer.continuationTokens(),
        answer.cutTokens(),
        facts.key().settingsSha256(),
        Sha256.of(request.context()),
        request.context(),
        request.continuation(),
        correct);
  }
}
