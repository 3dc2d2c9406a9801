package io.sparkpeft.quant;

import io.sparkpeft.tensor.Dtype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Expands quantised weights, a part that fits a processor's first cache after the other. It keeps
 * memory for one part: an instance belongs to one thread.
 */
public final class Dequantizer {
  /** Bytes of codes in one part: a multiple of every block's. */
  private static final int PART = 4096;

  /** The weights of one part. */
  static final int PART_WEIGHTS = 2 * PART;

  private final Expansion expansion;
  private final byte[] packed = new byte[PART];
  private final int[] words = new int[PART_WEIGHTS];
  private final float[] scales = new float[PART_WEIGHTS / Expansion.STEP_WEIGHTS];

  public Dequantizer() {
    this(Expansions.best());
  }

  Dequantizer(Expansion expansion) {
    this.expansion = expansion;
  }

  /**
   * Writes a weight's values: value(code) * scale in fp32, rounded once.
   *
   * @param dtype float32 or bfloat16
   * @param into receives them, row-major and little-endian, from its position on
   */
  public void dequantize(QuantizedTensor tensor, Dtype dtype, ByteBuffer into) {
    ByteBuffer target = into.slice().order(ByteOrder.LITTLE_ENDIAN);
    int bytes = QuantizedTensor.packedBytes(tensor.elements());
    for (int from = 0; from < bytes; from += PART) {
      int count = expand(tensor, dtype, from);
      put(target, dtype, from, Math.min(2L * count, tensor.elements() - 2L * from));
    }
  }

  /**
   * Elements [from, from + count) in fp32.
   *
   * @param from a multiple of {@value #PART_WEIGHTS}
   * @param count at most as many
   */
  void dequantize(QuantizedTensor tensor, long from, int count, float[] into) {
    expand(tensor, Dtype.FLOAT32, Math.toIntExact(from / 2));
    for (int i = 0; i < count; i++) {
      into[i] = Float.intBitsToFloat(words[i]);
    }
  }

  /** Expands the part that begins at that byte, and says how many bytes it has. */
  private int expand(QuantizedTensor tensor, Dtype dtype, int from) {
    int count = Math.min(PART, QuantizedTensor.packedBytes(tensor.elements()) - from);
    int blockSize = tensor.settings().blockSize();
    tensor.packed().get(from, packed, 0, count);
    int firstBlock = Math.toIntExact(2L * from / blockSize);
    int blocks = Math.min(PART_WEIGHTS / blockSize, tensor.scales().size() - firstBlock);
    tensor.scales().read(firstBlock, blocks, scales);
    expand(tensor, dtype, wholeSteps(count), blockSize);
    return count;
  }

  private void expand(QuantizedTensor tensor, Dtype dtype, int count, int blockSize) {
    switch (dtype) {
      case BFLOAT16 -> expansion.bfloat16(packed, count, tensor.values(), scales, blockSize, words);
      case FLOAT32 -> expansion.float32(packed, count, tensor.values(), scales, blockSize, words);
      default -> throw new IllegalArgumentException("no weights in " + dtype.torchName());
    }
  }

  /** What lies beyond the last code is expanded too, and not written. */
  private static int wholeSteps(int count) {
    return (count + Expansion.STEP - 1) / Expansion.STEP * Expansion.STEP;
  }

  private void put(ByteBuffer target, Dtype dtype, int from, long elements) {
    int perWord = Integer.BYTES / dtype.bytes();
    int whole = Math.toIntExact(elements / perWord);
    int firstWord = Math.toIntExact(2L * from / perWord);
    target.asIntBuffer().put(firstWord, words, 0, whole);
    if (elements % perWord != 0) {
      target.putShort((firstWord + whole) * Integer.BYTES, (short) words[whole]);
    }
  }
}
