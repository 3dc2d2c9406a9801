package io.sparkpeft.eval;

import java.util.OptionalDouble;

/** Means and their standard errors, as lm-eval computes them. */
final class Statistics {
  private Statistics() {}

  static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** The sample's standard deviation (n - 1) over the root of n; none for fewer than two values. */
  static OptionalDouble meanStderr(double[] values) {
    if (values.length < 2) {
      return OptionalDouble.empty();
    }
    double mean = mean(values);
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double deviation = Math.sqrt(squares / (values.length - 1));
    return OptionalDouble.of(deviation / Math.sqrt(values.length));
  }

  /**
   * McNemar's exact test: the two-sided probability of a division at least as uneven as {@code a}
   * to {@code b} among fair coin tosses.
   */
  static double signTest(int a, int b) {
    int n = a + b;
    double tail = 0;
    for (int k = 0; k <= Math.min(a, b); k++) {
      tail += Math.exp(logBinomial(n, k) - n * Math.log(2));
    }
    return Math.min(1, 2 * tail);
  }

  private static double logBinomial(int n, int k) {
    double sum = 0;
    for (int i = 1; i <= k; i++) {
      sum += Math.log((double) (n - k + i) / i);
    }
    return sum;
  }
}
