package io.sparkpeft.tensor;

/**
 * Arithmetic in fp32 on rows of numbers, {@value Lanes#COUNT} at a time. Counts are whole groups of
 * lanes. Rows that end within one are followed by zeros, which stay zeros.
 */
interface RowLanes {
  /** The sum of products of each lane. */
  void dot(float[] x, int xAt, float[] y, int yAt, int count, float[] sums);

  /** Makes x to {@code factor x}. */
  void scale(float[] x, int at, int count, float factor);

  /** Makes x to {@code x y}, where y begins at 0. */
  void multiply(float[] x, int at, int count, float[] y);

  /** Makes x to {@code x + y}. */
  void add(float[] x, int xAt, int count, float[] y, int yAt);

  /** Makes x to {@code a x + b y}. */
  void combine(float[] x, int xAt, int count, float a, float[] y, int yAt, float b);

  /** Rounds x to the nearest bfloat16, ties to even. */
  void round(float[] x, int at, int count);
}
