package io.sparkpeft.tensor;

/** Number by number: the twin of {@link VectorRankLanes}. */
final class PlainRankLanes implements RankLanes {
  @Override
  public void inner(
      float[] x,
      int at,
      int stride,
      int features,
      float[] columns,
      int columnsAt,
      float[] u,
      int uAt,
      int uStride) {
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < Lanes.COUNT; j++) {
        float sum = 0;
        for (int k = 0; k < features; k++) {
          sum = Math.fma(columns[columnsAt + k * Lanes.COUNT + j], x[at + i * stride + k], sum);
        }
        u[uAt + i * uStride + j] = sum;
      }
    }
  }

  @Override
  public void expand(
      float[] u, int uAt, int uStride, float[] rows, int rowsAt, int stride, float[] x, int at) {
    for (int i = 0; i < 2; i++) {
      for (int k = 0; k < stride; k++) {
        for (int j = 0; j < RANKS; j++) {
          float factor = u[uAt + i * uStride + j];
          int place = at + i * stride + k;
          x[place] = Math.fma(rows[rowsAt + j * stride + k], factor, x[place]);
        }
      }
    }
  }

  @Override
  public void outer(
      float[] u,
      int uAt,
      int uStride,
      int count,
      float[] x,
      int at,
      int stride,
      float[] sums,
      int sumsAt,
      int sumsStride) {
    for (int j = 0; j < RANKS; j++) {
      for (int lane = 0; lane < Lanes.COUNT; lane++) {
        int place = sumsAt + j * sumsStride + lane;
        for (int i = 0; i < count; i++) {
          sums[place] = Math.fma(x[at + i * stride + lane], u[uAt + i * uStride + j], sums[place]);
        }
      }
    }
  }
}
