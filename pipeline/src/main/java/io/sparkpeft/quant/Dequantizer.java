package io.sparkpeft.quant;

import io.sparkpeft.quant.Expansion.Stretch;
import io.sparkpeft.tensor.Dtype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Expands quantised weights, part after part. It keeps the scales of one part in memory: an
 * instance belongs to one thread.
 */
public final class Dequantizer {
  /** Bytes of codes in one part: a multiple of every block's. */
  private static final int PART = 16384;

  /** The weights of one part. */
  static final int PART_WEIGHTS = 2 * PART;

  private static final int LEAST_BLOCK = 32;

  private final Expansion expansion;
  private final float[] scales = new float[PART_WEIGHTS / LEAST_BLOCK];

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
   * @param into receives them, row-major and little-endian, from its position on; direct
   */
  public void dequantize(QuantizedTensor tensor, Dtype dtype, ByteBuffer into) {
    ByteBuffer target = into.slice().order(ByteOrder.LITTLE_ENDIAN);
    long elements = tensor.elements();
    for (long from = 0; from < elements; from += PART_WEIGHTS) {
      int count = (int) Math.min(PART_WEIGHTS, elements - from);
      expand(tensor, dtype, from, count, target, Math.toIntExact(from * dtype.bytes()));
    }
  }

  /**
   * Elements [from, from + count) in fp32.
   *
   * @param from a multiple of {@value #PART_WEIGHTS}
   * @param count at most as many
   * @param into direct and little-endian, with room for them
   */
  void dequantize(QuantizedTensor tensor, long from, int count, ByteBuffer into) {
    expand(tensor, Dtype.FLOAT32, from, count, into, 0);
  }

  private void expand(
      QuantizedTensor tensor, Dtype dtype, long from, int count, ByteBuffer target, int at) {
    int blockSize = tensor.settings().blockSize();
    int firstBlock = Math.toIntExact(from / blockSize);
    int blocks = Math.min(PART_WEIGHTS / blockSize, tensor.scales().size() - firstBlock);
    tensor.scales().read(firstBlock, blocks, scales);
    int bytes = count / 2 / Expansion.STEP * Expansion.STEP;
    int firstByte = Math.toIntExact(from / 2);
    float[] values = tensor.values();
    expand(
        new Stretch(tensor.packed(), firstByte, bytes, values, scales, blockSize, target, at),
        dtype);
    if (2 * bytes < count) {
      rest(tensor, dtype, 2 * bytes, firstByte + bytes, count, target, at);
    }
  }

  private void expand(Stretch stretch, Dtype dtype) {
    switch (dtype) {
      case BFLOAT16 -> expansion.bfloat16(stretch);
      case FLOAT32 -> expansion.float32(stretch);
      default -> throw new IllegalArgumentException("no weights in " + dtype.torchName());
    }
  }

  /**
   * The last elements of a weight, fewer than a step: expanded elsewhere, with zeros after them.
   */
  private void rest(
      QuantizedTensor tensor,
      Dtype dtype,
      int begun,
      int fromByte,
      int count,
      ByteBuffer target,
      int at) {
    byte[] codes = new byte[tensor.packed().capacity() - fromByte];
    tensor.packed().get(fromByte, codes);
    ByteBuffer padded = ByteBuffer.allocateDirect(Expansion.STEP).put(0, codes);
    int blockSize = tensor.settings().blockSize();
    int block = begun / blockSize;
    float[] last = {scales[block], scales[Math.min(block + 1, scales.length - 1)]};
    ByteBuffer weights =
        ByteBuffer.allocateDirect(2 * Expansion.STEP * dtype.bytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    expand(
        new Stretch(padded, 0, Expansion.STEP, tensor.values(), last, blockSize, weights, 0),
        dtype);
    int bytes = (count - begun) * dtype.bytes();
    target.put(at + begun * dtype.bytes(), weights, 0, bytes);
  }
}
