package io.sparkpeft.quant;

/** In plain Java: for processors and Java versions that {@code VectorExpansion} is not for. */
final class PlainExpansion implements Expansion {
  private static final int CODE_MASK = 15;
  private static final int HIGH_HALF = 0xffff0000;

  @Override
  public void bfloat16(Stretch stretch) {
    byte[] packed = packed(stretch);
    int[] words = new int[packed.length];
    int[] high = new int[Codebook.SIZE];
    int[] low = new int[Codebook.SIZE];
    int step = stretch.blockSize() / 2;
    for (int from = 0, block = 0; from < packed.length; from += step, block++) {
      float scale = stretch.scales()[block];
      for (int code = 0; code < Codebook.SIZE; code++) {
        high[code] = rounded(stretch.values()[code] * scale) & HIGH_HALF;
        low[code] = high[code] >>> Short.SIZE;
      }
      int to = Math.min(from + step, packed.length);
      for (int i = from; i < to; i++) {
        words[i] = low[first(packed[i])] | high[second(packed[i])];
      }
    }
    put(stretch, words);
  }

  @Override
  public void float32(Stretch stretch) {
    byte[] packed = packed(stretch);
    int[] words = new int[2 * packed.length];
    int[] products = new int[Codebook.SIZE];
    int step = stretch.blockSize() / 2;
    for (int from = 0, block = 0; from < packed.length; from += step, block++) {
      float scale = stretch.scales()[block];
      for (int code = 0; code < Codebook.SIZE; code++) {
        products[code] = Float.floatToRawIntBits(stretch.values()[code] * scale);
      }
      int to = Math.min(from + step, packed.length);
      for (int i = from; i < to; i++) {
        words[2 * i] = products[first(packed[i])];
        words[2 * i + 1] = products[second(packed[i])];
      }
    }
    put(stretch, words);
  }

  private static byte[] packed(Stretch stretch) {
    byte[] packed = new byte[stretch.count()];
    stretch.packed().get(stretch.from(), packed);
    return packed;
  }

  private static void put(Stretch stretch, int[] words) {
    int bytes = words.length * Integer.BYTES;
    stretch
        .target()
        .slice(stretch.at(), bytes)
        .order(stretch.target().order())
        .asIntBuffer()
        .put(words);
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
