package io.sparkpeft.collective;

/**
 * Float values as int64 with 50 fractional bits, whose sums do not depend on their order: sums up
 * to 8192 in steps of 8.9e-16.
 */
public final class FixedPoint {
  private static final double ONE = (double) (1L << 50);

  /** Sums of this size or more no longer fit. */
  public static final double LIMIT = (double) (1L << 63) / ONE;

  private FixedPoint() {}

  /** 1.0 is 2^50; the value must be finite and below {@link #LIMIT} in size. */
  public static long encode(double value) {
    return (long) (value * ONE);
  }

  public static double decode(long value) {
    return value / ONE;
  }
}
