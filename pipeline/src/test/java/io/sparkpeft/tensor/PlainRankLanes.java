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
  public void dots(
      float[] x,
      int at,
      int stride,
      int features,
      float[] rows,
      int rowsAt,
      int rowsStride,
      float[] sums,
      float[] u,
      int uAt,
      int uStride) {
    for (int i = 0; i < DOTS; i++) {
      for (int j = 0; j < DOTS; j++) {
        float[] lanes = new float[Lanes.COUNT];
        for (int k = 0; k < features; k++) {
          int lane = k % Lanes.COUNT;
          float factor = rows[rowsAt + j * rowsStride + k];
          lanes[lane] = Math.fma(factor, x[at + i * stride + k], lanes[lane]);
        }
        for (int half = Lanes.COUNT / 2; half > 0; half /= 2) {
          for (int lane = 0; lane < half; lane++) {
            lanes[lane] += lanes[lane + half];
          }
        }
        u[uAt + i * uStride + j] = lanes[0];
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
      for (int lane = 0; lane < FEATURES; lane++) {
        int place = sumsAt + j * sumsStride + lane;
        for (int i = 0; i < count; i++) {
          sums[place] = Math.fma(x[at + i * stride + lane], u[uAt + i * uStride + j], sums[place]);
        }
      }
    }
  }
}
