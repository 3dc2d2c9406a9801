package io.sparkpeft.tensor;

import static io.sparkpeft.tensor.Lanes.COUNT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** With vectors of 512 bits, see {@link VectorLanes}. */
final class VectorRowLanes implements RowLanes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final int ALMOST_HALF = 0x7fff;
  private static final int UPPER_HALF = 0xffff0000;

  /**
   * @throws UnsupportedOperationException if the processor's registers are narrower
   */
  VectorRowLanes() {
    VectorLanes.requireWideRegisters();
  }

  @Override
  public void dot(float[] x, int xAt, float[] y, int yAt, int count, float[] sums) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int t = 0; t < count; t += COUNT) {
      sum =
          FloatVector.fromArray(FLOATS, x, xAt + t)
              .fma(FloatVector.fromArray(FLOATS, y, yAt + t), sum);
    }
    sum.intoArray(sums, 0);
  }

  @Override
  public void scale(float[] x, int at, int count, float factor) {
    for (int t = at; t < at + count; t += COUNT) {
      FloatVector.fromArray(FLOATS, x, t).mul(factor).intoArray(x, t);
    }
  }

  @Override
  public void multiply(float[] x, int at, int count, float[] y) {
    for (int t = 0; t < count; t += COUNT) {
      FloatVector.fromArray(FLOATS, x, at + t)
          .mul(FloatVector.fromArray(FLOATS, y, t))
          .intoArray(x, at + t);
    }
  }

  @Override
  public void add(float[] x, int xAt, int count, float[] y, int yAt) {
    for (int t = 0; t < count; t += COUNT) {
      FloatVector.fromArray(FLOATS, x, xAt + t)
          .add(FloatVector.fromArray(FLOATS, y, yAt + t))
          .intoArray(x, xAt + t);
    }
  }

  @Override
  public void combine(float[] x, int xAt, int count, float a, float[] y, int yAt, float b) {
    FloatVector ofX = FloatVector.broadcast(FLOATS, a);
    for (int t = 0; t < count; t += COUNT) {
      FloatVector.fromArray(FLOATS, x, xAt + t)
          .fma(ofX, FloatVector.fromArray(FLOATS, y, yAt + t).mul(b))
          .intoArray(x, xAt + t);
    }
  }

  @Override
  public void round(float[] x, int at, int count) {
    for (int t = at; t < at + count; t += COUNT) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, t).reinterpretAsInts();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, Short.SIZE).and(1);
      bits.add(odd).add(ALMOST_HALF).and(UPPER_HALF).reinterpretAsFloats().intoArray(x, t);
    }
  }
}
