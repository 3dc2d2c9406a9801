package io.sparkpeft.model;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Dropout masks as a pure function of (seed, sample, module, position, feature), so that they
 * depend neither on threads, nor on which samples share a batch, and come out the same when a layer
 * is computed a second time. The generator is SplitMix64 used by counter (Steele et al. 2014, "Fast
 * splittable pseudorandom number generators"), 16 bits for each gap between dropped elements.
 *
 * @param seed of the step
 * @param samples the sample of each row of activations
 * @param positions the position of each row in its sample
 * @param gaps between dropped elements of a row
 */
record KeyedDropout(long seed, long[] samples, long[] positions, DropoutGaps gaps)
    implements DropoutMasks {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  @Override
  public KeyedDropout at(long[] rows) {
    return new KeyedDropout(seed, chosen(samples, rows), chosen(positions, rows), gaps);
  }

  private static long[] chosen(long[] values, long[] rows) {
    return Arrays.stream(rows).map(row -> values[Math.toIntExact(row)]).toArray();
  }

  @Override
  public int[] dropped(int module, int features) {
    IntStream.Builder places = IntStream.builder();
    for (int i = 0; i < samples.length; i++) {
      drop(places, i * features, features, key(key(key(seed, samples[i]), module), positions[i]));
    }
    return places.build().toArray();
  }

  private void drop(IntStream.Builder places, int start, int features, long key) {
    long counter = key;
    long bits = 0;
    int left = 0;
    long feature = -1;
    while (true) {
      if (left == 0) {
        counter += GAMMA;
        bits = mix(counter);
        left = Long.SIZE / DropoutGaps.BITS;
      }
      feature += 1L + gaps.of(bits);
      if (feature >= features) {
        return;
      }
      places.add(start + (int) feature);
      bits >>>= DropoutGaps.BITS;
      left--;
    }
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
