package io.sparkpeft.quant;

import io.sparkpeft.base.SparkPeftException;
import java.io.Serializable;
import java.util.Set;

/**
 * How weights are quantised.
 *
 * @param blockSize how many weights share a scale, their largest absolute value: a power of two
 *     from 32 to 4096
 * @param nested whether the scales are quantised in their turn, to eight bits in blocks of {@value
 *     #NESTED_BLOCK}: bitsandbytes' double quantisation
 */
public record Quantization(QuantType type, int blockSize, boolean nested) implements Serializable {
  /** bitsandbytes' own. */
  public static final int DEFAULT_BLOCK = 64;

  /** How many scales share one of their own. */
  public static final int NESTED_BLOCK = 256;

  private static final Set<Integer> BLOCKS = Set.of(32, 64, 128, 256, 512, 1024, 2048, 4096);
  private static final int CODE_BITS = 4;

  /**
   * @throws SparkPeftException (78) if the block size is none that bitsandbytes knows
   */
  public Quantization {
    if (!isBlockSize(blockSize)) {
      throw QuantErrors.blockSize(blockSize);
    }
  }

  public static boolean isBlockSize(int size) {
    return BLOCKS.contains(size);
  }

  /**
   * Bits of one weight in the limit of many: 4 for its code and its share of the scales. 4.5 in
   * blocks of 64, and 4 + 8/64 + 32/(64 * 256) = 4.127 if nested.
   */
  public double bitsPerWeight() {
    double scale = nested ? Byte.SIZE + (double) Float.SIZE / NESTED_BLOCK : Float.SIZE;
    return CODE_BITS + scale / blockSize;
  }

  /** Bytes of that many weights and their scales, without what a file says about them. */
  public long bytes(long weights) {
    long blocks = blocks(weights);
    long scales = nested ? blocks + ceil(blocks, NESTED_BLOCK) * Float.BYTES : blocks * Float.BYTES;
    return packedBytes(weights) + scales;
  }

  /** Bytes of that many codes, two in each. */
  static long packedBytes(long weights) {
    return ceil(weights, 2);
  }

  long blocks(long weights) {
    return ceil(weights, blockSize);
  }

  static long ceil(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }

  /**
   * What {@link #text} wrote.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Quantization parse(String text) {
    String[] parts = text.split("/");
    QuantType type =
        QuantType.of(parts[0])
            .orElseThrow(() -> new IllegalArgumentException("no quantisation: " + text));
    return new Quantization(type, Integer.parseInt(parts[1]), parts.length > 2);
  }

  /** The same in one line: {@code nf4/64/nested}. */
  public String text() {
    return type.text() + "/" + blockSize + (nested ? "/nested" : "");
  }
}
