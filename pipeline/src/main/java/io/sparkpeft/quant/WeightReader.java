package io.sparkpeft.quant;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads stored weights as fp32, row by row, whatever their type and way of storing. */
final class WeightReader {
  private static final int HALF_EXPONENT = 0x7c00;
  private static final int HALF_FRACTION_BITS = 10;
  private static final int FLOAT_FRACTION_BITS = 23;
  private static final float SMALLEST_HALF = 0x1p-24f;

  private final ByteBuffer bytes;
  private final Dtype dtype;
  private final boolean transposed;
  private final int rows;
  private final int columns;

  /**
   * @param entry [out, in], or [in, out] if transposed: float32, float16 or bfloat16
   * @param bytes its elements
   * @param transposed whether the file holds the matrix' columns one after another, as GPT-2's do
   */
  WeightReader(TensorEntry entry, ByteBuffer bytes, boolean transposed) {
    boolean isReadable =
        entry.dtype() == Dtype.FLOAT32
            || entry.dtype() == Dtype.FLOAT16
            || entry.dtype() == Dtype.BFLOAT16;
    if (!isReadable) {
      throw QuantErrors.notFloat(entry);
    }
    long last = entry.shape().length == 0 ? 1 : entry.shape()[entry.shape().length - 1];
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.dtype = entry.dtype();
    this.transposed = transposed;
    this.columns = Math.toIntExact(transposed ? entry.elements() / last : last);
    this.rows = Math.toIntExact(columns == 0 ? 0 : entry.elements() / columns);
  }

  long size() {
    return (long) rows * columns;
  }

  /** Reads elements [from, from + count) of the matrix [out, in], row-major. */
  void read(long from, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = value(Math.toIntExact(transposed ? stored(from + i) : from + i));
    }
  }

  private long stored(long index) {
    return index % columns * rows + index / columns;
  }

  private float value(int index) {
    return switch (dtype) {
      case FLOAT32 -> bytes.getFloat(index * Float.BYTES);
      case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort(index * Short.BYTES) << Short.SIZE);
      default -> half(bytes.getShort(index * Short.BYTES));
    };
  }

  /** IEEE 754 binary16; Java has it from version 20 on. */
  static float half(short bits) {
    int magnitude = bits & 0x7fff;
    float value;
    if (magnitude < 1 << HALF_FRACTION_BITS) {
      value = magnitude * SMALLEST_HALF;
    } else {
      int fraction = magnitude << (FLOAT_FRACTION_BITS - HALF_FRACTION_BITS);
      int bias = magnitude < HALF_EXPONENT ? 127 - 15 : 255 - 31;
      value = Float.intBitsToFloat(fraction + (bias << FLOAT_FRACTION_BITS));
    }
    return bits < 0 ? -value : value;
  }
}
