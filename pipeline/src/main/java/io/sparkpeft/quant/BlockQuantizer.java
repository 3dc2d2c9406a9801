package io.sparkpeft.quant;

import java.nio.ByteBuffer;

/**
 * Quantises weights block by block: the largest absolute value of a block becomes its scale, every
 * value the code nearest to its share of that. Bit for bit what bitsandbytes 0.50.2 computes on a
 * CPU, and on GPUs but for blocks of zeros.
 */
final class BlockQuantizer {
  /** Smaller scales divide as this one does. */
  static final float SMALLEST_DIVISOR = 1e-38f;

  private final String name;
  private final WeightReader weights;
  private final Quantization settings;
  private final float[] block;

  /**
   * @param name of the weight, for failures
   */
  BlockQuantizer(String name, WeightReader weights, Quantization settings) {
    this.name = name;
    this.weights = weights;
    this.settings = settings;
    this.block = new float[settings.blockSize()];
  }

  /** The scale of every block. */
  float[] scales() {
    float[] scales = new float[Math.toIntExact(settings.blocks(weights.size()))];
    for (int b = 0; b < scales.length; b++) {
      int count = read(b);
      float scale = largest(count);
      if (!Float.isFinite(scale)) {
        throw QuantErrors.notFinite(name);
      }
      scales[b] = isWhole(count) ? scale : Math.max(scale, SMALLEST_DIVISOR);
    }
    return scales;
  }

  /**
   * The codes of all weights, two in a byte, the first in the high half. An odd number is followed
   * by the code of zero.
   *
   * @param scales of all blocks
   * @param packed receives the bytes
   */
  void codes(float[] scales, ByteBuffer packed) {
    for (int b = 0; b < scales.length; b++) {
      int count = read(b);
      normalise(count, scales[b]);
      if (count % 2 != 0) {
        block[count] = 0;
      }
      Codebook codebook = settings.type().codebook();
      for (int i = 0; i < count; i += 2) {
        packed.put((byte) (codebook.nearest(block[i]) << 4 | codebook.nearest(block[i + 1])));
      }
    }
  }

  private int read(int index) {
    long from = (long) index * block.length;
    int count = (int) Math.min(block.length, weights.size() - from);
    weights.read(from, count, block);
    return count;
  }

  /** Infinite or no number if one of the values is. */
  private float largest(int count) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(block[i]));
    }
    return largest;
  }

  /** A whole block is multiplied by the reciprocal, a last part of one divided: bits differ. */
  private void normalise(int count, float scale) {
    float divisor = Math.max(scale, SMALLEST_DIVISOR);
    float reciprocal = 1 / divisor;
    boolean whole = isWhole(count);
    for (int i = 0; i < count; i++) {
      block[i] = whole ? block[i] * reciprocal : block[i] / divisor;
    }
  }

  private boolean isWhole(int count) {
    return count == block.length;
  }
}
