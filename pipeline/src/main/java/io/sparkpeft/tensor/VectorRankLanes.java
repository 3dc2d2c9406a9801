package io.sparkpeft.tensor;

import static io.sparkpeft.tensor.Lanes.COUNT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * With vectors of 512 bits, see {@link VectorLanes}. Narrower vectors of floats must not be used
 * anywhere in the process: where HotSpot meets two widths, it compiles neither well.
 */
final class VectorRankLanes implements RankLanes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;

  /**
   * @throws UnsupportedOperationException if the processor's registers are narrower
   */
  VectorRankLanes() {
    VectorLanes.requireWideRegisters();
  }

  // No loops within loops and no vectors kept in fields or arrays: they would live on the heap.
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
    int at1 = at + stride;
    int at2 = at1 + stride;
    int at3 = at2 + stride;
    int at4 = at3 + stride;
    int at5 = at4 + stride;
    int at6 = at5 + stride;
    int at7 = at6 + stride;
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = FloatVector.zero(FLOATS);
    FloatVector s2 = FloatVector.zero(FLOATS);
    FloatVector s3 = FloatVector.zero(FLOATS);
    FloatVector s4 = FloatVector.zero(FLOATS);
    FloatVector s5 = FloatVector.zero(FLOATS);
    FloatVector s6 = FloatVector.zero(FLOATS);
    FloatVector s7 = FloatVector.zero(FLOATS);
    for (int k = 0; k < features; k++) {
      FloatVector column = FloatVector.fromArray(FLOATS, columns, columnsAt + k * COUNT);
      s0 = column.fma(FloatVector.broadcast(FLOATS, x[at + k]), s0);
      s1 = column.fma(FloatVector.broadcast(FLOATS, x[at1 + k]), s1);
      s2 = column.fma(FloatVector.broadcast(FLOATS, x[at2 + k]), s2);
      s3 = column.fma(FloatVector.broadcast(FLOATS, x[at3 + k]), s3);
      s4 = column.fma(FloatVector.broadcast(FLOATS, x[at4 + k]), s4);
      s5 = column.fma(FloatVector.broadcast(FLOATS, x[at5 + k]), s5);
      s6 = column.fma(FloatVector.broadcast(FLOATS, x[at6 + k]), s6);
      s7 = column.fma(FloatVector.broadcast(FLOATS, x[at7 + k]), s7);
    }
    s0.intoArray(u, uAt);
    s1.intoArray(u, uAt + uStride);
    s2.intoArray(u, uAt + 2 * uStride);
    s3.intoArray(u, uAt + 3 * uStride);
    s4.intoArray(u, uAt + 4 * uStride);
    s5.intoArray(u, uAt + 5 * uStride);
    s6.intoArray(u, uAt + 6 * uStride);
    s7.intoArray(u, uAt + 7 * uStride);
  }

  @Override
  public void expand(
      float[] u, int uAt, int uStride, float[] rows, int rowsAt, int stride, float[] x, int at) {
    int vAt = uAt + uStride;
    FloatVector u0 = FloatVector.broadcast(FLOATS, u[uAt]);
    FloatVector u1 = FloatVector.broadcast(FLOATS, u[uAt + 1]);
    FloatVector u2 = FloatVector.broadcast(FLOATS, u[uAt + 2]);
    FloatVector u3 = FloatVector.broadcast(FLOATS, u[uAt + 3]);
    FloatVector u4 = FloatVector.broadcast(FLOATS, u[uAt + 4]);
    FloatVector u5 = FloatVector.broadcast(FLOATS, u[uAt + 5]);
    FloatVector u6 = FloatVector.broadcast(FLOATS, u[uAt + 6]);
    FloatVector u7 = FloatVector.broadcast(FLOATS, u[uAt + 7]);
    FloatVector v0 = FloatVector.broadcast(FLOATS, u[vAt]);
    FloatVector v1 = FloatVector.broadcast(FLOATS, u[vAt + 1]);
    FloatVector v2 = FloatVector.broadcast(FLOATS, u[vAt + 2]);
    FloatVector v3 = FloatVector.broadcast(FLOATS, u[vAt + 3]);
    FloatVector v4 = FloatVector.broadcast(FLOATS, u[vAt + 4]);
    FloatVector v5 = FloatVector.broadcast(FLOATS, u[vAt + 5]);
    FloatVector v6 = FloatVector.broadcast(FLOATS, u[vAt + 6]);
    FloatVector v7 = FloatVector.broadcast(FLOATS, u[vAt + 7]);
    for (int k = 0; k < stride; k += COUNT) {
      int rank = rowsAt + k;
      FloatVector row = FloatVector.fromArray(FLOATS, rows, rank);
      FloatVector p = row.fma(u0, FloatVector.fromArray(FLOATS, x, at + k));
      FloatVector q = row.fma(v0, FloatVector.fromArray(FLOATS, x, at + stride + k));
      row = FloatVector.fromArray(FLOATS, rows, rank + stride);
      p = row.fma(u1, p);
      q = row.fma(v1, q);
      row = FloatVector.fromArray(FLOATS, rows, rank + 2 * stride);
      p = row.fma(u2, p);
      q = row.fma(v2, q);
      row = FloatVector.fromArray(FLOATS, rows, rank + 3 * stride);
      p = row.fma(u3, p);
      q = row.fma(v3, q);
      row = FloatVector.fromArray(FLOATS, rows, rank + 4 * stride);
      p = row.fma(u4, p);
      q = row.fma(v4, q);
      row = FloatVector.fromArray(FLOATS, rows, rank + 5 * stride);
      p = row.fma(u5, p);
      q = row.fma(v5, q);
      row = FloatVector.fromArray(FLOATS, rows, rank + 6 * stride);
      p = row.fma(u6, p);
      q = row.fma(v6, q);
      row = FloatVector.fromArray(FLOATS, rows, rank + 7 * stride);
      row.fma(u7, p).intoArray(x, at + k);
      row.fma(v7, q).intoArray(x, at + stride + k);
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
    FloatVector s0 = FloatVector.fromArray(FLOATS, sums, sumsAt);
    FloatVector s1 = FloatVector.fromArray(FLOATS, sums, sumsAt + sumsStride);
    FloatVector s2 = FloatVector.fromArray(FLOATS, sums, sumsAt + 2 * sumsStride);
    FloatVector s3 = FloatVector.fromArray(FLOATS, sums, sumsAt + 3 * sumsStride);
    FloatVector s4 = FloatVector.fromArray(FLOATS, sums, sumsAt + 4 * sumsStride);
    FloatVector s5 = FloatVector.fromArray(FLOATS, sums, sumsAt + 5 * sumsStride);
    FloatVector s6 = FloatVector.fromArray(FLOATS, sums, sumsAt + 6 * sumsStride);
    FloatVector s7 = FloatVector.fromArray(FLOATS, sums, sumsAt + 7 * sumsStride);
    int w = uAt;
    for (int i = 0; i < count; i++) {
      FloatVector row = FloatVector.fromArray(FLOATS, x, at + i * stride);
      s0 = row.fma(FloatVector.broadcast(FLOATS, u[w]), s0);
      s1 = row.fma(FloatVector.broadcast(FLOATS, u[w + 1]), s1);
      s2 = row.fma(FloatVector.broadcast(FLOATS, u[w + 2]), s2);
      s3 = row.fma(FloatVector.broadcast(FLOATS, u[w + 3]), s3);
      s4 = row.fma(FloatVector.broadcast(FLOATS, u[w + 4]), s4);
      s5 = row.fma(FloatVector.broadcast(FLOATS, u[w + 5]), s5);
      s6 = row.fma(FloatVector.broadcast(FLOATS, u[w + 6]), s6);
      s7 = row.fma(FloatVector.broadcast(FLOATS, u[w + 7]), s7);
      w += uStride;
    }
    s0.intoArray(sums, sumsAt);
    s1.intoArray(sums, sumsAt + sumsStride);
    s2.intoArray(sums, sumsAt + 2 * sumsStride);
    s3.intoArray(sums, sumsAt + 3 * sumsStride);
    s4.intoArray(sums, sumsAt + 4 * sumsStride);
    s5.intoArray(sums, sumsAt + 5 * sumsStride);
    s6.intoArray(sums, sumsAt + 6 * sumsStride);
    s7.intoArray(sums, sumsAt + 7 * sumsStride);
  }
}
