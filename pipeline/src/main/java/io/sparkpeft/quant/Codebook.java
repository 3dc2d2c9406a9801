package io.sparkpeft.quant;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Sixteen values in [-1, 1], one for each code of four bits. */
public final class Codebook {
  /** The number of values. */
  public static final int SIZE = 16;

  private static final float FP4_LARGEST = 12f;
  private static final int INT4_LARGEST = 7;

  static final Codebook NF4 =
      of(
          -1.0f,
          -0.6961928f,
          -0.52507305f,
          -0.3949175f,
          -0.28444138f,
          -0.18477343f,
          -0.091050036f,
          0.0f,
          0.0795803f,
          0.1609302f,
          0.2461123f,
          0.33791524f,
          0.44070983f,
          0.562617f,
          0.72295684f,
          1.0f);
  static final Codebook FP4 = of(signed(0f, 0.0625f, 8f, 12f, 4f, 6f, 2f, 3f));
  static final Codebook INT4 = of(integers());

  private final float[] values;

  /** Ascending: the middles between neighbouring values, in fp32. */
  private final float[] bounds;

  /** The code of each value, in the values' order. */
  private final byte[] order;

  private Codebook(float[] values, float[] bounds, byte[] order) {
    this.values = values;
    this.bounds = bounds;
    this.order = order;
  }

  /**
   * @param values by code; of equal ones the lower code comes first
   */
  static Codebook of(float... values) {
    if (values.length != SIZE) {
      throw new IllegalArgumentException(values.length + " values for " + SIZE + " codes");
    }
    int[] sorted =
        IntStream.range(0, SIZE)
            .boxed()
            .sorted(Comparator.comparing(code -> values[code]))
            .mapToInt(Integer::intValue)
            .toArray();
    byte[] order = new byte[SIZE];
    float[] bounds = new float[SIZE - 1];
    for (int i = 0; i < SIZE; i++) {
      order[i] = (byte) sorted[i];
      if (i > 0) {
        bounds[i - 1] = (values[sorted[i - 1]] + values[sorted[i]]) / 2;
      }
    }
    return new Codebook(values.clone(), bounds, order);
  }

  /** The values by code. */
  public float[] values() {
    return values.clone();
  }

  /** The value of a code. */
  public float value(int code) {
    return values[code];
  }

  /**
   * The code of the nearest value; a tie goes to the lower value, as bitsandbytes' test is a strict
   * "greater than".
   */
  public int nearest(float x) {
    int below = x > bounds[7] ? 8 : 0;
    below += x > bounds[below + 3] ? 4 : 0;
    below += x > bounds[below + 1] ? 2 : 0;
    below += x > bounds[below] ? 1 : 0;
    return order[below];
  }

  /** The middles between neighbouring values, ascending. */
  float[] bounds() {
    return bounds.clone();
  }

  boolean hasValues(float[] others) {
    return Arrays.equals(values, others);
  }

  private static float[] signed(float... halves) {
    float[] values = new float[SIZE];
    for (int i = 0; i < halves.length; i++) {
      values[i] = halves[i] / FP4_LARGEST;
      values[i + halves.length] = i == 0 ? 0f : -values[i];
    }
    return values;
  }

  /** The last one is a copy of the largest, which no value is ever nearer to. */
  private static float[] integers() {
    float[] values = new float[SIZE];
    for (int code = 0; code < values.length; code++) {
      values[code] = (float) Math.min(code - INT4_LARGEST, INT4_LARGEST) / INT4_LARGEST;
    }
    return values;
  }
}
