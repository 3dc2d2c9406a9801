package io.sparkpeft.tensor;

/** Number by number: the twin of {@link VectorRowLanes}. */
final class PlainRowLanes implements RowLanes {
  @Override
  public void dot(float[] x, int xAt, float[] y, int yAt, int count, float[] sums) {
    for (int lane = 0; lane < Lanes.COUNT; lane++) {
      sums[lane] = 0;
      for (int i = lane; i < count; i += Lanes.COUNT) {
        sums[lane] = Math.fma(x[xAt + i], y[yAt + i], sums[lane]);
      }
    }
  }

  @Override
  public void scale(float[] x, int at, int count, float factor) {
    for (int i = at; i < at + count; i++) {
      x[i] *= factor;
    }
  }

  @Override
  public void multiply(float[] x, int at, int count, float[] y) {
    for (int i = 0; i < count; i++) {
      x[at + i] *= y[i];
    }
  }

  @Override
  public void add(float[] x, int xAt, int count, float[] y, int yAt) {
    for (int i = 0; i < count; i++) {
      x[xAt + i] += y[yAt + i];
    }
  }

  @Override
  public void combine(float[] x, int xAt, int count, float a, float[] y, int yAt, float b) {
    for (int i = 0; i < count; i++) {
      x[xAt + i] = Math.fma(x[xAt + i], a, y[yAt + i] * b);
    }
  }

  @Override
  public void round(float[] x, int at, int count) {
    short[] half = new short[1];
    for (int i = at; i < at + count; i++) {
      new PlainLanes().narrow(x, i, 1, half);
      new PlainLanes().widen(half, 1, x, i);
    }
  }
}
