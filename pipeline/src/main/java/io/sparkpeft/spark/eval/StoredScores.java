package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;

import io.sparkpeft.eval.gate.Gate;
import io.sparkpeft.eval.gate.ScoredModel;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.SparkSession;

/** The scores that evaluations left in the tables below a root. */
public final class StoredScores {
  private static final Comparator<StoredScore> BY_AGE =
      Comparator.comparing(StoredScore::evaluatedAt).thenComparing(StoredScore::runId);

  private final EvalTable scores;
  private final StoredAnswers samples;

  private StoredScores(SparkSession spark, String root) {
    this.scores = ScoreRows.table(spark, root);
    this.samples = new StoredAnswers(SampleRows.table(spark, root));
  }

  public static StoredScores at(SparkSession spark, String root) {
    return new StoredScores(spark, root);
  }

  /** The newest score of an adapter for each {@code task.metric}; none if it was never scored. */
  public Map<String, Double> newestOf(String adapterSha256) {
    Map<String, Double> values = new TreeMap<>();
    newestByName(of(adapterSha256), BY_AGE)
        .forEach((name, s) -> values.put(name, s.score().value()));
    return values;
  }

  /** An adapter's newest scores beside its base's, in the order of tasks and metrics. */
  public List<ComparedScore> comparedWithBase(String adapterSha256) {
    Map<String, StoredScore> newest = newestByName(of(adapterSha256), BY_AGE);
    if (newest.isEmpty()) {
      return List.of();
    }
    StoredModel model = new StoredModel("the adapter", List.copyOf(newest.values()), samples);
    Gate beside = new Gate(model, baseOf(model), true);
    return model.stored().stream()
        .map(s -> new ComparedScore(s.runId(), s.score(), beside.compared(s.score())))
        .toList();
  }

  /** The first questions of each task that a run asked an adapter, with its base's answers. */
  public List<SampleAnswer> firstAnswers(String runId, String adapterSha256, int ofEachTask) {
    return new FirstAnswers(samples.samples()).of(runId, adapterSha256, ofEachTask);
  }

  /**
   * The adapter that a run scored.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) with the runs there are, if there is no such
   *     run; (65) if it scored no adapter
   */
  StoredModel adapterOf(String runId) {
    List<StoredScore> ofRun = read(col("run_id").equalTo(runId));
    if (ofRun.isEmpty()) {
      throw SparkEvalErrors.noEvaluation(runId, scores.path(), newestRuns());
    }
    List<StoredScore> adapted = ofRun.stream().filter(s -> s.adapterSha256().isPresent()).toList();
    if (adapted.isEmpty()) {
      throw SparkEvalErrors.noAdapterScored(runId);
    }
    return new StoredModel("run " + runId, adapted, samples);
  }

  /** The bare base of a judged adapter: its scores by the same run, else the newest. */
  ScoredModel baseOf(StoredModel judged) {
    StoredScore of = judged.stored().get(0);
    Column base = col("adapter_sha256").isNull().and(col("model_sha256").equalTo(of.modelSha256()));
    return newest("the base", base, judged);
  }

  /** Another adapter to compare a judged one with, by its newest scores. */
  ScoredModel adapter(String name, String adapterSha256, StoredModel judged) {
    return newest(name, col("adapter_sha256").equalTo(adapterSha256), judged);
  }

  /** Scores of other arithmetic are no match. */
  private ScoredModel newest(String name, Column which, StoredModel judged) {
    StoredScore of = judged.stored().get(0);
    List<StoredScore> comparable =
        read(which).stream().filter(s -> s.arithmetic().equals(of.arithmetic())).toList();
    Comparator<StoredScore> sameRunLast = Comparator.comparing(s -> s.runId().equals(of.runId()));
    Map<String, StoredScore> newest = newestByName(comparable, sameRunLast.thenComparing(BY_AGE));
    return new StoredModel(name, List.copyOf(newest.values()), samples);
  }

  /** Of the scores of one name the last in that order. */
  private static Map<String, StoredScore> newestByName(
      List<StoredScore> scores, Comparator<StoredScore> order) {
    Map<String, StoredScore> newest = new TreeMap<>();
    scores.stream().sorted(order).forEach(s -> newest.put(name(s), s));
    return newest;
  }

  private List<StoredScore> of(String adapterSha256) {
    return read(col("adapter_sha256").equalTo(adapterSha256));
  }

  private List<StoredScore> read(Column which) {
    return scores.all().filter(which).collectAsList().stream()
        .sorted(Comparator.comparing(row -> row.<Integer>getAs("position")))
        .map(StoredScore::of)
        .toList();
  }

  private List<String> newestRuns() {
    return scores.all().collectAsList().stream()
        .map(StoredScore::of)
        .sorted(BY_AGE.reversed())
        .map(StoredScore::runId)
        .distinct()
        .limit(SparkEvalErrors.SHOWN_RUNS)
        .toList();
  }

  private static String name(StoredScore stored) {
    return stored.score().task() + "." + stored.score().metric();
  }
}
