package io.sparkpeft.quant;

import java.util.Arrays;

/**
 * The 256 values of the dynamic 8-bit data type: seven decades, each with twice as many values as
 * the one below. (Dettmers 2015, arXiv:1511.04561; bitsandbytes' {@code create_dynamic_map}.)
 *
 * <p>The values have the bits that bitsandbytes 0.50.2 gets from torch 2.9.1's linspace, where the
 * product and the sum of each point are rounded once. Another torch may differ in the last bits:
 * what a file holds must be decoded with the map beside it.
 */
public final class DynamicMap {
  /** The number of values, one for each code. */
  public static final int SIZE = 256;

  private static final int DECADES = 7;
  private static final float FIRST = 0.1f;
  private static final float LAST = 1f;

  private DynamicMap() {}

  /** Ascending from -0.993 to 1, with 0 at code 127: for values of either sign. */
  public static float[] signed() {
    float[] map = new float[SIZE];
    int size = 0;
    for (int decade = 0; decade < DECADES; decade++) {
      for (float value : decade(decade, 1 << decade)) {
        map[size++] = value;
        map[size++] = -value;
      }
    }
    return withZeroAndOne(map);
  }

  /** Ascending from 0 to 1: for values that are never negative. */
  public static float[] unsigned() {
    float[] map = new float[SIZE];
    int size = 0;
    for (int decade = 0; decade < DECADES; decade++) {
      for (float value : decade(decade, 2 << decade)) {
        map[size++] = value;
      }
    }
    return withZeroAndOne(map);
  }

  /** The two places that the decades leave free. */
  private static float[] withZeroAndOne(float[] map) {
    map[SIZE - 2] = 0;
    map[SIZE - 1] = LAST;
    Arrays.sort(map);
    return map;
  }

  /** The middles of equal parts of [0.1, 1], scaled to their decade. */
  private static float[] decade(int decade, int parts) {
    float scale = (float) Math.pow(10, decade - (DECADES - 1));
    float[] values = new float[parts];
    for (int i = 0; i < parts; i++) {
      values[i] = scale * ((point(i, parts) + point(i + 1, parts)) / 2);
    }
    return values;
  }

  /** torch.linspace counts the first half from the start, the second from the end. */
  private static float point(int i, int parts) {
    float step = (LAST - FIRST) / parts;
    return i < (parts + 1) / 2 ? Math.fma(step, i, FIRST) : Math.fma(-step, parts - i, LAST);
  }
}
