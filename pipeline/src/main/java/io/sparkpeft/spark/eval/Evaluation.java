package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.EvalSuite;
import io.sparkpeft.eval.EvalTasks;
import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.model.LogLikelihood;
import io.sparkpeft.spark.telemetry.RunEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Scores a model, with or without an adapter, on lm-eval's tasks. Documents are read by the driver,
 * requests answered by the executors, metrics computed by the driver from the answers that go into
 * {@code eval_samples}.
 */
public final class Evaluation {
  private static final double NANOSECONDS = 1e9;

  private final SparkSession spark;
  private final EvaluateSettings settings;
  private final Consumer<String> messages;
  private final Consumer<RunEvent> watcher;
  private final RunFacts facts;
  private final EvalTable scoresTable;
  private final EvalTable samplesTable;

  private Evaluation(
      SparkSession spark,
      EvaluateSettings settings,
      Consumer<String> messages,
      Consumer<RunEvent> watcher) {
    this.spark = spark;
    this.settings = settings;
    this.messages = messages;
    this.watcher = watcher;
    this.facts = RunFacts.of(settings);
    this.scoresTable = ScoreRows.table(spark, settings.tablesRoot());
    this.samplesTable = SampleRows.table(spark, settings.tablesRoot());
  }

  /** The same as below, watched by nobody. */
  public static EvaluateResult run(
      SparkSession spark, EvaluateSettings settings, Consumer<String> messages) {
    return run(spark, settings, messages, event -> {});
  }

  /**
   * Scores all requests on the executors and appends the results to the tables. A run whose id and
   * settings are in the tables already is not made again: its scores are read from there.
   *
   * @param messages takes what a person should know of tables that were left as they are
   * @param watcher hears how many requests are answered
   * @throws io.sparkpeft.base.SparkPeftException (78) for unknown tasks or a run id that was used
   *     with other settings, (66) for missing files, (65) for broken ones or an adapter that does
   *     not fit, (73) if a table cannot be written
   */
  public static EvaluateResult run(
      SparkSession spark,
      EvaluateSettings settings,
      Consumer<String> messages,
      Consumer<RunEvent> watcher) {
    EvalTasks.checkNames(settings.tasks());
    Evaluation evaluation = new Evaluation(spark, settings, messages, watcher);
    return evaluation.stored().orElseGet(evaluation::score);
  }

  private Optional<EvaluateResult> stored() {
    Dataset<Row> rows = scoresTable.rows(facts.key());
    long samples = samplesTable.rows(facts.key()).count();
    List<TaskScore> scores = ScoreRows.scores(rows, facts.main());
    if (scores.isEmpty()) {
      return Optional.empty();
    }
    boolean both = facts.variants().size() > 1;
    List<TaskScore> base = both ? ScoreRows.scores(rows, Variant.BASE) : List.of();
    return Optional.of(
        new EvaluateResult(
            scores, base, List.of(), scoresTable.path(), samplesTable.path(), samples, 0, true));
  }

  private EvaluateResult score() {
    EvalSuite suite = suite();
    RequestScoring requests = new RequestScoring(spark, settings, facts, watcher);
    long start = System.nanoTime();
    Answers answers = requests.score(suite.requests());
    Optional<TokenAnswers> tokens = tokenAnswers();
    double seconds = (System.nanoTime() - start) / NANOSECONDS;

    Map<Variant, List<TaskScore>> scores = new EnumMap<>(Variant.class);
    for (Variant variant : facts.variants()) {
      List<TaskScore> ofVariant = new ArrayList<>(suite.scores(answers.of(variant)));
      tokens.ifPresent(t -> ofVariant.addAll(t.scores(variant)));
      scores.put(variant, ofVariant);
    }
    List<Row> samples = SampleRows.ofRequests(facts, suite, answers.all());
    tokens.ifPresent(t -> samples.addAll(SampleRows.ofExamples(facts, t.all())));
    append(samplesTable, samples);
    // Last: a run whose scores are there counts as finished.
    append(scoresTable, ScoreRows.rows(facts, scores, seconds, Instant.now()));
    return result(scores, differences(suite, answers), samples.size(), seconds);
  }

  private void append(EvalTable table, List<Row> rows) {
    table.append(facts.key(), rows).skipped(facts.key().runId(), table.path()).ifPresent(messages);
  }

  private EvalSuite suite() {
    boolean texts = settings.tasks().stream().anyMatch(t -> !t.equals(EvalTasks.PERPLEXITY));
    return texts
        ? EvalTasks.load(settings.tasks(), settings.source(), settings.limit(), settings.shots())
        : new EvalSuite(List.of(), List.of());
  }

  private Optional<TokenAnswers> tokenAnswers() {
    if (!settings.tasks().contains(EvalTasks.PERPLEXITY)) {
      return Optional.empty();
    }
    String table = settings.tokenTable().orElseThrow(SparkEvalErrors::noTokenTable);
    return Optional.of(new TokenScoring(spark, settings, facts, watcher).score(table));
  }

  private List<PairedDifference> differences(EvalSuite suite, Answers answers) {
    if (facts.variants().size() < 2) {
      return List.of();
    }
    List<LogLikelihood> base = answers.of(Variant.BASE);
    return suite.differences(base, answers.of(Variant.ADAPTED));
  }

  private EvaluateResult result(
      Map<Variant, List<TaskScore>> scores,
      List<PairedDifference> differences,
      int samples,
      double seconds) {
    boolean both = facts.variants().size() > 1;
    return new EvaluateResult(
        scores.get(facts.main()),
        both ? scores.get(Variant.BASE) : List.of(),
        differences,
        scoresTable.path(),
        samplesTable.path(),
        samples,
        seconds,
        false);
  }
}
