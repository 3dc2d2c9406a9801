package io.sparkpeft.model;

import java.util.Arrays;

/**
 * Dropout masks as a pure function of (seed, sample, module, position, feature), so that they
 * depend neither on threads, nor on which samples share a batch, and come out the same when a layer
 * is computed a second time. The generator is SplitMix64 used by counter (Steele et al. 2014, "Fast
 * splittable pseudorandom number generators"), 16 bits for each element: the probability is met to
 * 2^-17.
 *
 * @param seed of the step
 * @param samples the sample of each row of activations
 * @param positions the position of each row in its sample
 */
record KeyedDropout(long seed, long[] samples, long[] positions) implements DropoutMasks {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private static final int LANES = 4;
  private static final int LANE_BITS = 16;

  @Override
  public KeyedDropout at(long[] rows) {
    return new KeyedDropout(seed, chosen(samples, rows), chosen(positions, rows));
  }

  private static long[] chosen(long[] values, long[] rows) {
    return Arrays.stream(rows).map(row -> values[Math.toIntExact(row)]).toArray();
  }

  @Override
  public byte[] mask(int module, int features, double probability) {
    int threshold = (int) Math.round(probability * (1 << LANE_BITS));
    byte[] mask = new byte[Math.multiplyExact(samples.length, features)];
    for (int i = 0; i < samples.length; i++) {
      long key = key(key(key(seed, samples[i]), module), positions[i]);
      fill(mask, i * features, features, key, threshold);
    }
    return mask;
  }

  private static void fill(byte[] mask, int start, int features, long key, int threshold) {
    int whole = features - features % LANES;
    long counter = key;
    for (int f = 0; f < whole; f += LANES) {
      counter += GAMMA;
      long bits = mix(counter);
      mask[start + f] = keep(bits, threshold);
      mask[start + f + 1] = keep(bits >>> LANE_BITS, threshold);
      mask[start + f + 2] = keep(bits >>> (2 * LANE_BITS), threshold);
      mask[start + f + 3] = keep(bits >>> (3 * LANE_BITS), threshold);
    }
    long bits = mix(counter + GAMMA);
    for (int f = whole; f < features; f++) {
      mask[start + f] = keep(bits >>> ((f - whole) * LANE_BITS), threshold);
    }
  }

  /** 1 if the low 16 bits are not below the threshold. */
  private static byte keep(long bits, int threshold) {
    int below = ((int) (bits & 0xFFFF) - threshold) >>> 31;
    return (byte) (1 - below);
  }

  private static long key(long key, long part) {
    return mix(mix(key + GAMMA) ^ part * GAMMA);
  }

  private static long mix(long z) {
    long y = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long x = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }
}
