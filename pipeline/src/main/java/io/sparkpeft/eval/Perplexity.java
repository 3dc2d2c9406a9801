package io.sparkpeft.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Perplexity on a token table: the exponential of the mean negative log-likelihood per target
 * token, every token weighing the same whatever its record.
 *
 * <p>The mean is a ratio of sums over records, so its standard error is that of a ratio estimator:
 * with records' losses l_i over n_i targets, N targets and R records, {@code sqrt(R / (R - 1) *
 * sum((l_i - loss * n_i)^2)) / N}; the perplexity's follows by the delta method, {@code perplexity
 * * stderr(loss)}. Records are taken as independent, tokens of one record are not.
 */
public final class Perplexity {
  private static final String VERSION = "1.0";
  private static final String LOSS = "loss";
  private static final String PERPLEXITY = "perplexity";

  private Perplexity() {}

  /**
   * The scores {@code loss} (nats per target token) and {@code perplexity}.
   *
   * @param logLikelihoods for each record the sum over its target tokens
   * @param targets for each record their number
   * @param split which split of the table they are
   * @param nOriginal records of that split
   */
  public static List<TaskScore> scores(
      double[] logLikelihoods, long[] targets, String split, int nOriginal) {
    double sum = 0;
    long count = 0;
    for (int i = 0; i < targets.length; i++) {
      sum -= logLikelihoods[i];
      count += targets[i];
    }
    double loss = sum / count;
    double perplexity = Math.exp(loss);
    OptionalDouble stderr = lossStderr(loss, logLikelihoods, targets, count);
    OptionalDouble scaled =
        stderr.isEmpty() ? stderr : OptionalDouble.of(perplexity * stderr.getAsDouble());
    return List.of(
        score(LOSS, split, loss, stderr, targets.length, nOriginal),
        score(PERPLEXITY, split, perplexity, scaled, targets.length, nOriginal));
  }

  /**
   * How loss or perplexity changed from one model to another over the same records; empty for
   * another metric. The standard error is that of the ratio estimator above, of the records'
   * residuals by the second model less those by the first.
   *
   * @param first for each record the sum over its target tokens by the first model
   * @param second the same by the second
   * @param targets for each record their number
   */
  static Optional<PairedDifference> difference(
      String metric, double[] first, double[] second, long[] targets) {
    double before = loss(first, targets);
    double after = loss(second, targets);
    return switch (metric) {
      case LOSS ->
          Optional.of(
              difference(metric, first, second)
                  .with(after - before, stderr(first, second, targets, 1, 1)));
      case PERPLEXITY ->
          Optional.of(
              difference(metric, first, second)
                  .with(
                      Math.exp(after) - Math.exp(before),
                      stderr(first, second, targets, Math.exp(before), Math.exp(after))));
      default -> Optional.empty();
    };
  }

  private static PairedDifference difference(String metric, double[] first, double[] second) {
    return PairedDifference.of(EvalTasks.PERPLEXITY, metric, negated(first), negated(second));
  }

  private static double[] negated(double[] values) {
    return Arrays.stream(values).map(value -> -value).toArray();
  }

  /** The slopes are the metric's derivatives by the loss. */
  private static OptionalDouble stderr(
      double[] first, double[] second, long[] targets, double slopeOfFirst, double slopeOfSecond) {
    double[] before = residuals(first, targets);
    double[] after = residuals(second, targets);
    double[] changes = new double[targets.length];
    for (int i = 0; i < changes.length; i++) {
      changes[i] = slopeOfSecond * after[i] - slopeOfFirst * before[i];
    }
    OptionalDouble ofMean = Statistics.meanStderr(changes);
    return ofMean.isEmpty() ? ofMean : OptionalDouble.of(changes.length * ofMean.getAsDouble());
  }

  private static double loss(double[] logLikelihoods, long[] targets) {
    return -Arrays.stream(logLikelihoods).sum() / Arrays.stream(targets).sum();
  }

  /** What each record adds to the loss beyond its share: {@code (l_i - loss n_i) / N}. */
  private static double[] residuals(double[] logLikelihoods, long[] targets) {
    double loss = loss(logLikelihoods, targets);
    long count = Arrays.stream(targets).sum();
    double[] residuals = new double[targets.length];
    for (int i = 0; i < residuals.length; i++) {
      residuals[i] = (-logLikelihoods[i] - loss * targets[i]) / count;
    }
    return residuals;
  }

  private static OptionalDouble lossStderr(
      double loss, double[] logLikelihoods, long[] targets, long count) {
    int records = targets.length;
    if (records < 2) {
      return OptionalDouble.empty();
    }
    double squares = 0;
    for (int i = 0; i < records; i++) {
      double residual = -logLikelihoods[i] - loss * targets[i];
      squares += residual * residual;
    }
    return OptionalDouble.of(Math.sqrt(squares * records / (records - 1.0)) / count);
  }

  private static TaskScore score(
      String metric, String split, double value, OptionalDouble stderr, int n, int nOriginal) {
    return new TaskScore(
        EvalTasks.PERPLEXITY, VERSION, split, 0, metric, false, value, stderr, n, nOriginal);
  }
}
