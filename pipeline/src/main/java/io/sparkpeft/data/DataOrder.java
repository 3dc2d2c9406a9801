package io.sparkpeft.data;

/**
 * The order in which samples are seen: a pure function of seed and position, the same on every rank
 * and every JDK, without a table.
 *
 * <p>Position p is place {@code p mod n} of epoch {@code p / n}. Each epoch has its own permutation
 * of 0..n-1: a four-round Feistel network over the least even number of bits that holds n, walked
 * in cycles until the value falls below n (Black and Rogaway 2002). Round r maps halves (l, h) to
 * (h, l xor (mix(h xor key_r) mod 2^w)), where key_r = mix(mix(seed) + epoch * 0x9E3779B97F4A7C15 +
 * r) and mix is the finalizer of SplitMix64 (Steele et al. 2014).
 */
public final class DataOrder {
  private static final int ROUNDS = 4;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long seed;
  private final int size;
  private final int halfBits;
  private final long halfMask;

  /**
   * @param size n, the number of samples, at least 1
   */
  public DataOrder(long seed, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("no samples to order: " + size);
    }
    this.seed = seed;
    this.size = size;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1L);
    this.halfBits = Math.max(1, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
  }

  public int size() {
    return size;
  }

  /** Which sample stands at a position, counted from 0 over all epochs. */
  public int sample(long position) {
    long epoch = Math.floorDiv(position, (long) size);
    long value = Math.floorMod(position, (long) size);
    do {
      value = permuted(value, epoch);
    } while (value >= size);
    return (int) value;
  }

  private long permuted(long value, long epoch) {
    long low = value & halfMask;
    long high = value >>> halfBits;
    for (int round = 0; round < ROUNDS; round++) {
      long key = mix(mix(seed) + epoch * GOLDEN + round);
      long next = low ^ (mix(high ^ key) & halfMask);
      low = high;
      high = next;
    }
    return (high << halfBits) | low;
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
