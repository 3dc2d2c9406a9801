package io.sparkpeft.optim;

import io.sparkpeft.quant.DynamicMap;

/** AdamW with blockwise 8-bit state, value by value, in the order of bitsandbytes' operations. */
final class AdamW8bitTwin {
  private static final int BLOCK = 256;

  private final Mean mean;
  private final Mean meanOfSquares;
  private int steps;

  AdamW8bitTwin(int size) {
    mean = new Mean(new byte[size], new float[(size + BLOCK - 1) / BLOCK], DynamicMap.signed());
    meanOfSquares =
        new Mean(new byte[size], new float[(size + BLOCK - 1) / BLOCK], DynamicMap.unsigned());
  }

  byte[] codesOfSquares() {
    return meanOfSquares.codes();
  }

  void step(
      float[] p, float[] g, double rate, double decay, double beta1, double beta2, double eps) {
    steps++;
    float[] m = mean.values();
    float[] s = meanOfSquares.values();
    double root2 = Math.sqrt(1 - Math.pow(beta2, steps));
    double rate1 = rate / (1 - Math.pow(beta1, steps));
    for (int i = 0; i < p.length; i++) {
      m[i] = (float) (beta1 * m[i] + (1 - beta1) * g[i]);
      s[i] = (float) (beta2 * s[i] + (1 - beta2) * g[i] * g[i]);
      p[i] = (float) (p[i] * (1 - rate * decay) - rate1 * m[i] / (Math.sqrt(s[i]) / root2 + eps));
    }
    mean.keep(m);
    meanOfSquares.keep(s);
  }

  private record Mean(byte[] codes, float[] absmax, float[] map) {
    float[] values() {
      float[] values = new float[codes.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = map[codes[i] & 0xff] * absmax[i / BLOCK];
      }
      return values;
    }

    void keep(float[] values) {
      java.util.Arrays.fill(absmax, 0);
      for (int i = 0; i < values.length; i++) {
        absmax[i / BLOCK] = Math.max(absmax[i / BLOCK], Math.abs(values[i]));
      }
      for (int i = 0; i < values.length; i++) {
        float greatest = absmax[i / BLOCK];
        codes[i] = (byte) nearest(greatest == 0 ? 0 : values[i] * (1 / greatest));
      }
    }

    private int nearest(float share) {
      int nearest = 0;
      for (int code = 1; code < map.length; code++) {
        if (Math.abs(share - (double) map[code]) < Math.abs(share - (double) map[nearest])) {
          nearest = code;
        }
      }
      return nearest;
    }
  }
}
