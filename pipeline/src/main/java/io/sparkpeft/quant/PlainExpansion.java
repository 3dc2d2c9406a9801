package io.sparkpeft.quant;

/** In plain Java: for processors and Java versions that {@code VectorExpansion} is not for. */
final class PlainExpansion implements Expansion {
  private static final int CODE_MASK = 15;
  private static final int HIGH_HALF = 0xffff0000;

  @Override
  public void bfloat16(
      byte[] packed, int count, float[] values, float[] scales, int blockSize, int[] words) {
    int[] high = new int[Codebook.SIZE];
    int[] low = new int[Codebook.SIZE];
    for (int from = 0, block = 0; from < count; from += blockSize / 2, block++) {
      for (int code = 0; code < Codebook.SIZE; code++) {
        high[code] = rounded(values[code] * scales[block]) & HIGH_HALF;
        low[code] = high[code] >>> Short.SIZE;
      }
      int to = Math.min(from + blockSize / 2, count);
      for (int i = from; i < to; i++) {
        words[i] = low[first(packed[i])] | high[second(packed[i])];
      }
    }
  }

  @Override
  public void float32(
      byte[] packed, int count, float[] values, float[] scales, int blockSize, int[] words) {
    int[] products = new int[Codebook.SIZE];
    for (int from = 0, block = 0; from < count; from += blockSize / 2, block++) {
      for (int code = 0; code < Codebook.SIZE; code++) {
        products[code] = Float.floatToRawIntBits(values[code] * scales[block]);
      }
      int to = Math.min(from + blockSize / 2, count);
      for (int i = from; i < to; i++) {
        words[2 * i] = products[first(packed[i])];
        words[2 * i + 1] = products[second(packed[i])];
      }
    }
  }

  private static int first(byte pair) {
    return pair >>> 4 & CODE_MASK;
  }

  private static int second(byte pair) {
    return pair & CODE_MASK;
  }

  /** The bits of a finite number whose upper half is the nearest bfloat16, ties to even. */
  private static int rounded(float x) {
    int bits = Float.floatToRawIntBits(x);
    return bits + 0x7fff + (bits >>> Short.SIZE & 1);
  }
}
