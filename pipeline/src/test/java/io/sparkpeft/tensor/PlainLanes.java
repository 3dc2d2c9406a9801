package io.sparkpeft.tensor;

/** Lane by lane, as plainly as it can be said: the twin of {@link VectorLanes}. */
final class PlainLanes implements Lanes {
  @Override
  public void weigh(
      float[] weights, int at, int step, int row, float[] x, int terms, float[] to, int toAt) {
    for (int u = 0; u < GROUPS; u++) {
      for (int lane = 0; lane < COUNT; lane++) {
        float sum = 0;
        for (int t = 0; t < terms; t++) {
          sum = Math.fma(weights[at + t * step + u * row], x[t * COUNT + lane], sum);
        }
        to[toAt + u * COUNT + lane] = sum;
      }
    }
  }

  @Override
  public void spread(
      float[] weights, int at, float[] x, int xAt, float[] to, int toAt, int stride) {
    for (int u = 0; u < GROUPS; u++) {
      for (int lane = 0; lane < COUNT; lane++) {
        int place = toAt + u * stride + lane;
        for (int i = 0; i < COUNT; i++) {
          to[place] = Math.fma(weights[at + u * COUNT + i], x[xAt + i * stride + lane], to[place]);
        }
      }
    }
  }

  @Override
  public void add(float[] x, int at, float[] more, int groups) {
    for (int i = 0; i < groups * COUNT; i++) {
      x[at + i] += more[i];
    }
  }

  @Override
  public void highest(float[] x, int groups, float[] highest) {
    for (int lane = 0; lane < COUNT; lane++) {
      highest[lane] = x[lane];
      for (int t = 1; t < groups; t++) {
        highest[lane] = Math.max(highest[lane], x[t * COUNT + lane]);
      }
    }
  }

  @Override
  public void raise(float[] x, int groups, float[] top, float[] total) {
    for (int lane = 0; lane < COUNT; lane++) {
      total[lane] = 0;
      for (int t = 0; t < groups; t++) {
        int place = t * COUNT + lane;
        float exponent = x[place] - top[lane];
        x[place] = exponent < -64 ? 0 : (float) Math.pow(2, exponent);
        total[lane] += x[place];
      }
    }
  }

  @Override
  public void multiplyDifference(float[] x, float[] y, int groups, float[] less) {
    for (int i = 0; i < groups * COUNT; i++) {
      y[i] = x[i] * (y[i] - less[i % COUNT]);
    }
  }

  @Override
  public void transpose(float[] rows, int[] begins, int groups, float factor, float[] lanes) {
    for (int i = 0; i < groups * COUNT; i++) {
      lanes[i] = rows[begins[i % COUNT] + i / COUNT] * factor;
    }
  }

  @Override
  public void transposeBack(
      float[] lanes, int groups, float[] factors, float[] rows, int[] begins) {
    for (int i = 0; i < groups * COUNT; i++) {
      rows[begins[i % COUNT] + i / COUNT] = lanes[i] * factors[i % COUNT];
    }
  }

  @Override
  public void dot(float[] x, float[] y, int groups, float[] sums) {
    for (int lane = 0; lane < COUNT; lane++) {
      sums[lane] = 0;
      for (int i = lane; i < groups * COUNT; i += COUNT) {
        sums[lane] = Math.fma(x[i], y[i], sums[lane]);
      }
    }
  }

  @Override
  public void widen(short[] halves, int count, float[] to, int toAt) {
    for (int i = 0; i < count; i++) {
      to[toAt + i] = Float.intBitsToFloat(halves[i] << Short.SIZE);
    }
  }

  @Override
  public void narrow(float[] from, int fromAt, int count, short[] halves) {
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits(from[fromAt + i]);
      int odd = (bits >>> Short.SIZE) & 1;
      halves[i] = (short) ((bits + odd + 0x7fff) >>> Short.SIZE);
    }
  }
}
