package io.sparkpeft.spark.eval;

import io.sparkpeft.model.Continuation;
import io.sparkpeft.model.Likelihoods;
import io.sparkpeft.model.LogLikelihood;
import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.spark.telemetry.Count.Counter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;

/** What a Spark task does with examples of a token table: it scores their targets. */
final class ScoreTokens
    implements FlatMapFunction<Iterator<Iterable<TokenRow>>, TaskOutcome<List<ScoredExample>>> {
  private final ModelSpec spec;
  private final EnumSet<Variant> variants;
  private final int batchSize;
  private final Counter counter;

  ScoreTokens(ModelSpec spec, EnumSet<Variant> variants, int batchSize, Counter counter) {
    this.spec = spec;
    this.variants = variants;
    this.batchSize = batchSize;
    this.counter = counter;
  }

  @Override
  public Iterator<TaskOutcome<List<ScoredExample>>> call(Iterator<Iterable<TokenRow>> neighbours)
      throws Exception {
    return List.of(TaskOutcome.of(() -> score(neighbours))).iterator();
  }

  private List<ScoredExample> score(Iterator<Iterable<TokenRow>> neighbours) {
    List<ScoredExample> scored = new ArrayList<>();
    if (!neighbours.hasNext()) {
      return scored;
    }
    try (SharedModel shared = SharedModel.enter(spec)) {
      while (neighbours.hasNext()) {
        List<TokenRow> rows = byLength(neighbours.next());
        for (int from = 0; from < rows.size(); from += batchSize) {
          List<TokenRow> batch = rows.subList(from, Math.min(from + batchSize, rows.size()));
          variants.forEach(variant -> score(shared.model(), variant, batch, scored));
          counter.add(batch.size());
        }
      }
    }
    return scored;
  }

  /** The longest first, so that a batch has little padding; equals by sample index. */
  private static List<TokenRow> byLength(Iterable<TokenRow> rows) {
    List<TokenRow> sorted = new ArrayList<>();
    rows.forEach(sorted::add);
    sorted.sort(
        Comparator.<TokenRow>comparingInt(row -> -row.tokens().length)
            .thenComparingLong(TokenRow::sample));
    return sorted;
  }

  private static void score(
      LoadedModel model, Variant variant, List<TokenRow> rows, List<ScoredExample> scored) {
    List<List<Continuation>> runs = rows.stream().map(TokenRow::continuations).toList();
    Iterator<LogLikelihood> answers =
        Likelihoods.score(
                model.decoder(),
                variant.adapter(model),
                runs.stream().flatMap(List::stream).toList())
            .iterator();
    for (int i = 0; i < rows.size(); i++) {
      scored.add(example(rows.get(i), variant, runs.get(i).size(), answers));
    }
  }

  private static ScoredExample example(
      TokenRow row, Variant variant, int runs, Iterator<LogLikelihood> answers) {
    double sum = 0;
    boolean greedy = true;
    for (int i = 0; i < runs; i++) {
      LogLikelihood answer = answers.next();
      sum += answer.sum();
      greedy &= answer.greedy();
    }
    if (!Double.isFinite(sum)) {
      throw SparkEvalErrors.notFinite(row.sample(), sum);
    }
    return new ScoredExample(
        row.sample(), variant, row.tokens().length, row.targetCount(), sum, greedy);
  }
}
