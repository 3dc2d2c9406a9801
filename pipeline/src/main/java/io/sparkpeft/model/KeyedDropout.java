package io.sparkpeft.model;

import java.util.Arrays;

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
    Places places = new Places(gaps.likelyMost(samples.length * features));
    long ofSample = 0;
    for (int i = 0; i < samples.length; i++) {
      if (i == 0 || samples[i] != samples[i - 1]) {
        ofSample = key(key(seed, samples[i]), module);
      }
      places.drop(gaps, i * features, features, key(ofSample, positions[i]));
    }
    return places.all();
  }

  /** A growing array: what is dropped is known before only by its likely number. */
  private static final class Places {
    private static final int AT_ONCE = Long.SIZE / DropoutGaps.BITS;

    private int[] places;
    private int count;

    Places(int likelyMost) {
      places = new int[likelyMost];
    }

    /** Of the row that begins there. */
    void drop(DropoutGaps gaps, int start, int features, long key) {
      int feature = -1;
      for (long counter = key + GAMMA; ; counter += GAMMA) {
        if (count + AT_ONCE > places.length) {
          places = Arrays.copyOf(places, places.length + places.length / 2 + AT_ONCE);
        }
        long bits = mix(counter);
        for (int i = 0; i < AT_ONCE; i++) {
          feature += 1 + gaps.of(bits);
          if (feature >= features) {
            return;
          }
          places[count++] = start + feature;
          bits >>>= DropoutGaps.BITS;
        }
      }
    }

    int[] all() {
      return Arrays.copyOf(places, count);
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
