package io.sparkpeft.eval;

import java.util.List;
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
        score("loss", split, loss, stderr, targets.length, nOriginal),
        score("perplexity", split, perplexity, scaled, targets.length, nOriginal));
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
