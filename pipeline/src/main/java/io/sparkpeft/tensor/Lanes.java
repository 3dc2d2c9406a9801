package io.sparkpeft.tensor;

import java.util.Arrays;

/**
 * Arithmetic in fp32 on {@value #COUNT} numbers at a time, the lanes. Arrays hold groups of lanes
 * one after another, or rows of other lengths. Every lane is computed by itself and in the same
 * order everywhere, so that all implementations give the same bits.
 */
interface Lanes {
  /** How many numbers are worked on at a time. */
  int COUNT = 16;

  /** Makes exponents of e to those of 2, which {@link #raise} takes. */
  float LOG2_E = (float) (1 / Math.log(2));

  /** How many groups of lanes {@link #weigh} and {@link #spread} compute at once. */
  int GROUPS = 8;

  /**
   * {@value #GROUPS} sums of groups of lanes: {@code to[u] = sum over t of weights[at + t step + u]
   * x[t]}, written to groups u from {@code toAt} on.
   *
   * @param x groups of lanes, {@code terms} of them
   */
  void weigh(float[] weights, int at, int step, float[] x, int terms, float[] to, int toAt);

  /**
   * Adds to the first lanes of {@value #GROUPS} rows: {@code to[u] += sum over lanes i of
   * weights[u] [i] x[i]}.
   *
   * @param weights groups of lanes, of which those from {@code at} on are read
   * @param x {@value #COUNT} rows of xStride numbers, of which lanes from {@code xAt} on are read
   * @param to rows of toStride numbers, from {@code toAt} on
   */
  void spread(
      float[] weights, int at, float[] x, int xAt, int xStride, float[] to, int toAt, int toStride);

  /** Adds groups of lanes from {@code at} on the groups of {@code more}. */
  void add(float[] x, int at, float[] more, int groups);

  /** The largest of each lane, of groups of lanes. */
  void highest(float[] x, int groups, float[] highest);

  /**
   * Makes every group of lanes x to factor 2^(x - top), and to zero where the power is less than
   * 2^-64, which is lost in a sum of at least 1 and would lead to denormal numbers. The relative
   * error is at most 3e-7.
   *
   * @param factor of each lane
   * @param total receives the sum of each lane
   */
  void raise(float[] x, int groups, float[] top, float[] factor, float[] total);

  /** Makes every group of lanes y to {@code x (y - less)}. */
  void multiplyDifference(float[] x, float[] y, int groups, float[] less);

  /**
   * Groups of lanes out of {@value #COUNT} rows: lane i of group d is number d of row i, times
   * factor.
   *
   * @param begins where the rows begin, counted from {@code at}
   */
  void transpose(
      float[] rows, int at, int[] begins, int groups, float factor, float[] lanes, int lanesAt);

  /** The other way round: number d of row i is lane i of group d, times the lane's factor. */
  void transposeBack(
      float[] lanes, int groups, float[] factors, float[] rows, int at, int[] begins);

  /** The sum of products of each lane of groups of lanes. */
  void dot(float[] x, float[] y, int groups, float[] sums);

  /**
   * Turns numbers by their partners: {@code to[i] = x[xAt + i] cos[at + i] + direction x[partner +
   * i] sin[at + i]}. Whole groups of lanes are written, less than one of them too many.
   */
  void turn(
      float[] x,
      int xAt,
      int partner,
      float[] cos,
      float[] sin,
      int at,
      int count,
      float direction,
      float[] to,
      int toAt);

  /** Numbers in bfloat16, whole groups of lanes, to fp32. */
  void widen(short[] halves, int count, float[] to, int toAt);

  /** Numbers in fp32, whole groups of lanes, to the nearest bfloat16, ties to even. */
  void narrow(float[] from, int fromAt, int count, short[] halves);

  /** A group of lanes that are all 1. */
  static float[] ones() {
    float[] ones = new float[COUNT];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** The sum of a group of lanes: the upper half onto the lower one, until one number is left. */
  static float sum(float[] lanes, int at) {
    float s0 = lanes[at] + lanes[at + 8];
    float s1 = lanes[at + 1] + lanes[at + 9];
    float s2 = lanes[at + 2] + lanes[at + 10];
    float s3 = lanes[at + 3] + lanes[at + 11];
    float s4 = lanes[at + 4] + lanes[at + 12];
    float s5 = lanes[at + 5] + lanes[at + 13];
    float s6 = lanes[at + 6] + lanes[at + 14];
    float s7 = lanes[at + 7] + lanes[at + 15];
    return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
  }
}
