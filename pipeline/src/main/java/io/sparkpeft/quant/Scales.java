package io.sparkpeft.quant;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The scale of every block of a quantised weight. Safe for many threads. */
sealed interface Scales permits Scales.Plain, Scales.Nested {

  /** The number of blocks. */
  int size();

  /** Bytes that they take. */
  long bytes();

  /** Copies the scales [from, from + count) in fp32. */
  void read(int from, int count, float[] into);

  /**
   * @param values fp32, one for each block
   */
  record Plain(ByteBuffer values) implements Scales {
    public Plain {
      values = littleEndian(values);
    }

    static Plain of(float[] scales) {
      return new Plain(direct(scales));
    }

    @Override
    public int size() {
      return values.capacity() / Float.BYTES;
    }

    @Override
    public long bytes() {
      return values.capacity();
    }

    @Override
    public void read(int from, int count, float[] into) {
      values.asFloatBuffer().get(from, into, 0, count);
    }
  }

  /**
   * Scales in eight bits: scale = map[code] * absmax + offset, where {@value
   * Quantization#NESTED_BLOCK} codes share an absmax.
   *
   * @param codes uint8, one for each block
   * @param absmax fp32
   * @param map the values of the codes, from the file
   * @param offset the mean of all scales
   */
  record Nested(ByteBuffer codes, ByteBuffer absmax, float[] map, float offset) implements Scales {
    public Nested {
      codes = littleEndian(codes);
      absmax = littleEndian(absmax);
      map = map.clone();
    }

    static Nested of(float[] scales) {
      return of(scales, mean(scales), DynamicMap.signed());
    }

    /**
     * The nearest code of each scale's share; a tie goes to the lower value. That is what
     * bitsandbytes computes on GPUs; its CPU kernel rounds the share to a table of 65,536 first.
     */
    static Nested of(float[] scales, float offset, float[] map) {
      int groups = Math.toIntExact(Quantization.ceil(scales.length, Quantization.NESTED_BLOCK));
      ByteBuffer codes = ByteBuffer.allocateDirect(scales.length);
      float[] absmax = new float[groups];
      float[] bounds = bounds(map);
      for (int group = 0; group < groups; group++) {
        int from = group * Quantization.NESTED_BLOCK;
        int to = Math.min(from + Quantization.NESTED_BLOCK, scales.length);
        for (int i = from; i < to; i++) {
          absmax[group] = Math.max(absmax[group], Math.abs(scales[i] - offset));
        }
        float reciprocal = 1 / Math.max(absmax[group], BlockQuantizer.SMALLEST_DIVISOR);
        for (int i = from; i < to; i++) {
          codes.put((byte) below(bounds, (scales[i] - offset) * reciprocal));
        }
      }
      return new Nested(codes.flip(), direct(absmax), map, offset);
    }

    /** In fp64, so that it does not depend on the order of the sum; torch's is in fp32. */
    static float mean(float[] scales) {
      double sum = 0;
      for (float scale : scales) {
        sum += scale;
      }
      return scales.length == 0 ? 0 : (float) (sum / scales.length);
    }

    private static float[] bounds(float[] map) {
      float[] bounds = new float[map.length - 1];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = (map[i] + map[i + 1]) / 2;
      }
      return bounds;
    }

    /** How many bounds are below x. */
    private static int below(float[] bounds, float x) {
      int low = 0;
      int high = bounds.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (x > bounds[middle]) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    @Override
    public int size() {
      return codes.capacity();
    }

    @Override
    public long bytes() {
      return (long) codes.capacity() + absmax.capacity();
    }

    @Override
    public void read(int from, int count, float[] into) {
      for (int i = 0; i < count; ) {
        int group = (from + i) / Quantization.NESTED_BLOCK;
        float largest = absmax.getFloat(group * Float.BYTES);
        int end = Math.min(count, (group + 1) * Quantization.NESTED_BLOCK - from);
        for (; i < end; i++) {
          into[i] = map[Byte.toUnsignedInt(codes.get(from + i))] * largest + offset;
        }
      }
    }
  }

  private static ByteBuffer direct(float[] values) {
    ByteBuffer bytes = littleEndian(ByteBuffer.allocateDirect(values.length * Float.BYTES));
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static ByteBuffer littleEndian(ByteBuffer bytes) {
    return bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }
}
