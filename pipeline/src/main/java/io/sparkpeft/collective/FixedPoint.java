package io.sparkpeft.collective;

/**
 * Float values as int64 with 50 fractional bits, whose sums do not depend on their order: sums up
 * to 8192 in steps of 8.9e-16.
 *
 * <p>A value or a sum that does not fit (infinite, not a number, {@link #LIMIT} or more in size)
 * becomes {@link #NOT_A_NUMBER} and stays so through every further addition, as a float's NaN does:
 * after an all-reduce every rank sees it alike, in {@link #decode} as {@code Double.NaN}.
 */
public final class FixedPoint {
  private static final double ONE = 0x1p50;

  /** Sums of this size or more no longer fit. */
  public static final double LIMIT = 0x1p63 / ONE;

  /** Stands for every value that cannot be held. */
  public static final long NOT_A_NUMBER = Long.MIN_VALUE;

  private FixedPoint() {}

  /** 1.0 is 2^50; rounded towards zero. {@link #NOT_A_NUMBER} if the value does not fit. */
  public static long encode(double value) {
    return Math.abs(value) < LIMIT ? (long) (value * ONE) : NOT_A_NUMBER;
  }

  public static double decode(long value) {
    return value == NOT_A_NUMBER ? Double.NaN : value / ONE;
  }

  /** The exact sum, or {@link #NOT_A_NUMBER}. */
  public static long add(long a, long b) {
    long sum = a + b;
    boolean overflowed = ((a ^ sum) & (b ^ sum)) < 0;
    return overflowed || a == NOT_A_NUMBER || b == NOT_A_NUMBER ? NOT_A_NUMBER : sum;
  }

  /** Adds the values, encoded, to the sums; both of the same length. */
  public static void accumulate(float[] values, long[] sums) {
    accumulate(values, 0, sums, 0, values.length);
  }

  public static void accumulate(float[] values, int from, long[] sums, int at, int count) {
    for (int i = 0; i < count; i++) {
      sums[at + i] = add(sums[at + i], encode(values[from + i]));
    }
  }

  /** Adds {@code values[0..count)} to the sums from {@code sums[at]} on. */
  public static void accumulate(long[] values, long[] sums, int at, int count) {
    for (int i = 0; i < count; i++) {
      sums[at + i] = add(sums[at + i], values[i]);
    }
  }

  /** Writes the decoded sums, rounded to float, from {@code sums[at]} on to {@code values}. */
  public static void decode(long[] sums, int at, float[] values, int from, int count) {
    for (int i = 0; i < count; i++) {
      values[from + i] = (float) decode(sums[at + i]);
    }
  }
}
