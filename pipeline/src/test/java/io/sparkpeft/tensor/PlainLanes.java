package io.sparkpeft.tensor;

import java.util.stream.Stream;

/** Lane by lane, as plainly as it can be said: the twin of {@link VectorLanes}. */
final class PlainLanes implements Lanes {

  /** All twins, and this machine's vectors if it has any. */
  static Stream<ProcessorLanes> andOfThisMachine() {
    ProcessorLanes plain =
        new ProcessorLanes(new PlainLanes(), new PlainRowLanes(), new PlainRankLanes());
    return Stream.concat(Stream.of(plain), ProcessorLanes.ofThisMachine().stream());
  }

  @Override
  public void weigh(float[] weights, int at, int step, float[] x, int terms, float[] to, int toAt) {
    for (int u = 0; u < GROUPS; u++) {
      for (int lane = 0; lane < COUNT; lane++) {
        float sum = 0;
        for (int t = 0; t < terms; t++) {
          sum = Math.fma(weights[at + t * step + u], x[t * COUNT + lane], sum);
        }
        to[toAt + u * COUNT + lane] = sum;
      }
    }
  }

  @Override
  public void spread(
      float[] weights,
      int at,
      float[] x,
      int xAt,
      int xStride,
      float[] to,
      int toAt,
      int toStride) {
    for (int u = 0; u < GROUPS; u++) {
      for (int lane = 0; lane < COUNT; lane++) {
        int place = toAt + u * toStride + lane;
        for (int i = 0; i < COUNT; i++) {
          to[place] = Math.fma(weights[at + u * COUNT + i], x[xAt + i * xStride + lane], to[place]);
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
  public void raise(float[] x, int groups, float[] top, float[] factor, float[] total) {
    for (int lane = 0; lane < COUNT; lane++) {
      total[lane] = 0;
      for (int t = 0; t < groups; t++) {
        int place = t * COUNT + lane;
        float exponent = x[place] - top[lane];
        x[place] = exponent < -64 ? 0 : (float) Math.pow(2, exponent) * factor[lane];
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
  public void transpose(
      float[] rows, int at, int[] begins, int groups, float factor, float[] lanes, int lanesAt) {
    for (int i = 0; i < groups * COUNT; i++) {
      lanes[lanesAt + i] = rows[at + begins[i % COUNT] + i / COUNT] * factor;
    }
  }

  @Override
  public void transposeBack(
      float[] lanes, int groups, float[] factors, float[] rows, int at, int[] begins) {
    for (int i = 0; i < groups * COUNT; i++) {
      rows[at + begins[i % COUNT] + i / COUNT] = lanes[i] * factors[i % COUNT];
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
  public void turn(
      float[] x,
      int xAt,
      int partner,
      float[] cos,
      float[] sin,
      int at,
      int count,
      float direction,
      float[] to,
      int toAt) {
    for (int i = 0; i < (count + COUNT - 1) / COUNT * COUNT; i++) {
      to[toAt + i] = x[xAt + i] * cos[at + i] + x[partner + i] * direction * sin[at + i];
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
