package io.sparkpeft.train;

import io.sparkpeft.collective.FixedPoint;
import java.util.Arrays;

/**
 * The gradient and the loss of a global step, summed over micro-batches and ranks in fixed point,
 * so that no order of addition shows. Threads may add at once.
 */
final class GradientSum {
  private final long[] sums;

  GradientSum(int parameterCount) {
    this.sums = new long[parameterCount + 1];
  }

  void clear() {
    Arrays.fill(sums, 0);
  }

  /**
   * @param scaledLoss over N, like the gradient
   */
  synchronized void add(float[] gradient, double scaledLoss) {
    FixedPoint.accumulate(gradient, 0, sums, 0, gradient.length);
    sums[gradient.length] = FixedPoint.add(sums[gradient.length], FixedPoint.encode(scaledLoss));
  }

  /** The sums themselves, gradient first, loss last, for the all-reduce. */
  long[] values() {
    return sums;
  }

  /** Not a number if it, or a part of it, was not or did not fit. */
  double loss() {
    return FixedPoint.decode(sums[sums.length - 1]);
  }

  void decode(float[] gradient) {
    FixedPoint.decode(sums, 0, gradient, 0, gradient.length);
  }
}
