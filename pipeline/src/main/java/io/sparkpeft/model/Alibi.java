package io.sparkpeft.model;

/**
 * Attention with linear biases: instead of positions, each head has a line that falls with the
 * distance. (Press, Smith and Lewis 2021, arXiv:2108.12409.)
 */
final class Alibi {
  private Alibi() {}

  /**
   * The slopes of n heads: 2^(-8 i / n) for i = 1 .. n where n is a power of two; otherwise those
   * of the power of two below n, then every other one of twice as many heads.
   */
  static float[] slopes(int heads) {
    int power = Integer.highestOneBit(heads);
    float[] slopes = new float[heads];
    for (int i = 0; i < heads; i++) {
      slopes[i] =
          i < power
              ? (float) Math.pow(2, -8.0 * (i + 1) / power)
              : (float) Math.pow(2, -4.0 * (2 * (i - power) + 1) / power);
    }
    return slopes;
  }
}
