package io.sparkpeft.adapter;

import io.sparkpeft.base.Sha256;
import java.util.HexFormat;

/**
 * The values that an adapter begins with: a pure function of seed, tensor name and element, so that
 * they do not depend on other tensors, on threads or on the machine. Element i of a tensor takes
 * the i-th number of SplitMix64 started at a hash of seed and name. (Steele, Lea and Flood 2014,
 * "Fast splittable pseudorandom number generators", figure 17.)
 */
final class InitialValues {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final double TWO_TO_MINUS_53 = 0x1p-53;

  private final long start;

  InitialValues(long seed, String tensor) {
    String hash = Sha256.of(seed + "/" + tensor);
    start = HexFormat.fromHexDigitsToLong(hash.substring(0, 16));
  }

  /** Uniform in [-bound, bound). */
  float[] uniform(int count, double bound) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((2 * unit(i) - 1) * bound);
    }
    return values;
  }

  /** Normal with mean 0, by Box and Muller's transform of two numbers each. */
  float[] normal(int count, double standardDeviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - unit(2L * i)));
      double angle = 2 * Math.PI * unit(2L * i + 1);
      values[i] = (float) (standardDeviation * radius * StrictMath.cos(angle));
    }
    return values;
  }

  /** The number at an index, uniform in [0, 1). */
  private double unit(long index) {
    long z = start + (index + 1) * GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 11) * TWO_TO_MINUS_53;
  }
}
