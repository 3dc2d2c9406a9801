package io.sparkpeft.tensor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * With vectors of 512 bits. Needs the module jdk.incubator.vector of Java 17 and a processor with
 * AVX-512; {@link JavaVectors} looks for both.
 */
final class VectorLanes implements Lanes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
  private static final int FRACTION_BITS = 23;
  private static final int ALMOST_HALF = 0x7fff;

  /** Added to a small number it leaves the nearest whole one in the lowest bits. */
  private static final float ROUNDER = 0x1.8p23f;

  private static final float SMALLEST = -64;

  /**
   * @throws UnsupportedOperationException if the processor's registers are narrower
   */
  VectorLanes() {
    requireWideRegisters();
  }

  /**
   * @throws UnsupportedOperationException if the processor's registers are narrower
   */
  static void requireWideRegisters() {
    if (FloatVector.SPECIES_PREFERRED.length() < COUNT) {
      throw new UnsupportedOperationException(FloatVector.SPECIES_PREFERRED.toString());
    }
  }

  // No loops within loops and no vectors kept in fields or arrays: they would live on the heap.
  @Override
  public void weigh(float[] weights, int at, int step, float[] x, int terms, float[] to, int toAt) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = FloatVector.zero(FLOATS);
    FloatVector s2 = FloatVector.zero(FLOATS);
    FloatVector s3 = FloatVector.zero(FLOATS);
    FloatVector s4 = FloatVector.zero(FLOATS);
    FloatVector s5 = FloatVector.zero(FLOATS);
    FloatVector s6 = FloatVector.zero(FLOATS);
    FloatVector s7 = FloatVector.zero(FLOATS);
    int w = at;
    for (int t = 0; t < terms; t++) {
      FloatVector xt = FloatVector.fromArray(FLOATS, x, t * COUNT);
      s0 = xt.fma(FloatVector.broadcast(FLOATS, weights[w]), s0);
      s1 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 1]), s1);
      s2 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 2]), s2);
      s3 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 3]), s3);
      s4 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 4]), s4);
      s5 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 5]), s5);
      s6 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 6]), s6);
      s7 = xt.fma(FloatVector.broadcast(FLOATS, weights[w + 7]), s7);
      w += step;
    }
    s0.intoArray(to, toAt);
    s1.intoArray(to, toAt + COUNT);
    s2.intoArray(to, toAt + 2 * COUNT);
    s3.intoArray(to, toAt + 3 * COUNT);
    s4.intoArray(to, toAt + 4 * COUNT);
    s5.intoArray(to, toAt + 5 * COUNT);
    s6.intoArray(to, toAt + 6 * COUNT);
    s7.intoArray(to, toAt + 7 * COUNT);
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
    FloatVector s0 = FloatVector.fromArray(FLOATS, to, toAt);
    FloatVector s1 = FloatVector.fromArray(FLOATS, to, toAt + toStride);
    FloatVector s2 = FloatVector.fromArray(FLOATS, to, toAt + 2 * toStride);
    FloatVector s3 = FloatVector.fromArray(FLOATS, to, toAt + 3 * toStride);
    FloatVector s4 = FloatVector.fromArray(FLOATS, to, toAt + 4 * toStride);
    FloatVector s5 = FloatVector.fromArray(FLOATS, to, toAt + 5 * toStride);
    FloatVector s6 = FloatVector.fromArray(FLOATS, to, toAt + 6 * toStride);
    FloatVector s7 = FloatVector.fromArray(FLOATS, to, toAt + 7 * toStride);
    for (int i = 0; i < COUNT; i++) {
      FloatVector xi = FloatVector.fromArray(FLOATS, x, xAt + i * xStride);
      int w = at + i;
      s0 = xi.fma(FloatVector.broadcast(FLOATS, weights[w]), s0);
      s1 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + COUNT]), s1);
      s2 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + 2 * COUNT]), s2);
      s3 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + 3 * COUNT]), s3);
      s4 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + 4 * COUNT]), s4);
      s5 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + 5 * COUNT]), s5);
      s6 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + 6 * COUNT]), s6);
      s7 = xi.fma(FloatVector.broadcast(FLOATS, weights[w + 7 * COUNT]), s7);
    }
    s0.intoArray(to, toAt);
    s1.intoArray(to, toAt + toStride);
    s2.intoArray(to, toAt + 2 * toStride);
    s3.intoArray(to, toAt + 3 * toStride);
    s4.intoArray(to, toAt + 4 * toStride);
    s5.intoArray(to, toAt + 5 * toStride);
    s6.intoArray(to, toAt + 6 * toStride);
    s7.intoArray(to, toAt + 7 * toStride);
  }

  @Override
  public void add(float[] x, int at, float[] more, int groups) {
    for (int t = 0; t < groups * COUNT; t += COUNT) {
      FloatVector.fromArray(FLOATS, x, at + t)
          .add(FloatVector.fromArray(FLOATS, more, t))
          .intoArray(x, at + t);
    }
  }

  @Override
  public void highest(float[] x, int groups, float[] highest) {
    FloatVector top = FloatVector.fromArray(FLOATS, x, 0);
    for (int t = COUNT; t < groups * COUNT; t += COUNT) {
      top = top.max(FloatVector.fromArray(FLOATS, x, t));
    }
    top.intoArray(highest, 0);
  }

  @Override
  public void raise(float[] x, int groups, float[] top, float[] factor, float[] total) {
    FloatVector highest = FloatVector.fromArray(FLOATS, top, 0);
    FloatVector times = FloatVector.fromArray(FLOATS, factor, 0);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int t = 0; t < groups * COUNT; t += COUNT) {
      FloatVector power = powerOfTwo(FloatVector.fromArray(FLOATS, x, t).sub(highest)).mul(times);
      power.intoArray(x, t);
      sum = sum.add(power);
    }
    sum.intoArray(total, 0);
  }

  /** 2^f by its Taylor polynomial in f from -1/2 to 1/2, and the whole part into the exponent. */
  private static FloatVector powerOfTwo(FloatVector x) {
    FloatVector shifted = x.add(ROUNDER);
    FloatVector f = x.sub(shifted.sub(ROUNDER));
    FloatVector power =
        f.fma(1.5403530e-4f, 1.3333558e-3f)
            .fma(f, FloatVector.broadcast(FLOATS, 9.6181291e-3f))
            .fma(f, FloatVector.broadcast(FLOATS, 5.5504109e-2f))
            .fma(f, FloatVector.broadcast(FLOATS, 2.4022651e-1f))
            .fma(f, FloatVector.broadcast(FLOATS, 6.9314718e-1f))
            .fma(f, FloatVector.broadcast(FLOATS, 1f));
    IntVector whole = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, FRACTION_BITS);
    return power
        .reinterpretAsInts()
        .add(whole)
        .reinterpretAsFloats()
        .blend(0f, x.compare(VectorOperators.LT, SMALLEST));
  }

  @Override
  public void multiplyDifference(float[] x, float[] y, int groups, float[] less) {
    FloatVector subtracted = FloatVector.fromArray(FLOATS, less, 0);
    for (int t = 0; t < groups * COUNT; t += COUNT) {
      FloatVector.fromArray(FLOATS, y, t)
          .sub(subtracted)
          .mul(FloatVector.fromArray(FLOATS, x, t))
          .intoArray(y, t);
    }
  }

  @Override
  public void transpose(
      float[] rows, int at, int[] begins, int groups, float factor, float[] lanes, int lanesAt) {
    for (int d = 0; d < groups; d++) {
      FloatVector.fromArray(FLOATS, rows, at + d, begins, 0)
          .mul(factor)
          .intoArray(lanes, lanesAt + d * COUNT);
    }
  }

  @Override
  public void transposeBack(
      float[] lanes, int groups, float[] factors, float[] rows, int at, int[] begins) {
    FloatVector factor = FloatVector.fromArray(FLOATS, factors, 0);
    for (int d = 0; d < groups; d++) {
      FloatVector.fromArray(FLOATS, lanes, d * COUNT)
          .mul(factor)
          .intoArray(rows, at + d, begins, 0);
    }
  }

  @Override
  public void dot(float[] x, float[] y, int groups, float[] sums) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int t = 0; t < groups * COUNT; t += COUNT) {
      sum = FloatVector.fromArray(FLOATS, x, t).fma(FloatVector.fromArray(FLOATS, y, t), sum);
    }
    sum.intoArray(sums, 0);
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
    for (int i = 0; i < count; i += COUNT) {
      FloatVector other = FloatVector.fromArray(FLOATS, x, partner + i).mul(direction);
      FloatVector.fromArray(FLOATS, x, xAt + i)
          .mul(FloatVector.fromArray(FLOATS, cos, at + i))
          .add(other.mul(FloatVector.fromArray(FLOATS, sin, at + i)))
          .intoArray(to, toAt + i);
    }
  }

  @Override
  public void widen(short[] halves, int count, float[] to, int toAt) {
    for (int i = 0; i < count; i += COUNT) {
      ((IntVector)
              ShortVector.fromArray(SHORTS, halves, i).convertShape(VectorOperators.S2I, INTS, 0))
          .lanewise(VectorOperators.LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .intoArray(to, toAt + i);
    }
  }

  @Override
  public void narrow(float[] from, int fromAt, int count, short[] halves) {
    for (int i = 0; i < count; i += COUNT) {
      IntVector bits = FloatVector.fromArray(FLOATS, from, fromAt + i).reinterpretAsInts();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, Short.SIZE).and(1);
      IntVector rounded = bits.add(odd).add(ALMOST_HALF).lanewise(VectorOperators.LSHR, Short.SIZE);
      ((ShortVector) rounded.convertShape(VectorOperators.I2S, SHORTS, 0)).intoArray(halves, i);
    }
  }
}
