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
    int at1 = at + stride;
    int at2 = at1 + stride;
    int at3 = at2 + stride;
    int rowsAt1 = rowsAt + rowsStride;
    int rowsAt2 = rowsAt1 + rowsStride;
    int rowsAt3 = rowsAt2 + rowsStride;
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = FloatVector.zero(FLOATS);
    FloatVector s2 = FloatVector.zero(FLOATS);
    FloatVector s3 = FloatVector.zero(FLOATS);
    FloatVector t0 = FloatVector.zero(FLOATS);
    FloatVector t1 = FloatVector.zero(FLOATS);
    FloatVector t2 = FloatVector.zero(FLOATS);
    FloatVector t3 = FloatVector.zero(FLOATS);
    FloatVector p0 = FloatVector.zero(FLOATS);
    FloatVector p1 = FloatVector.zero(FLOATS);
    FloatVector p2 = FloatVector.zero(FLOATS);
    FloatVector p3 = FloatVector.zero(FLOATS);
    FloatVector q0 = FloatVector.zero(FLOATS);
    FloatVector q1 = FloatVector.zero(FLOATS);
    FloatVector q2 = FloatVector.zero(FLOATS);
    FloatVector q3 = FloatVector.zero(FLOATS);
    for (int k = 0; k < features; k += COUNT) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, at + k);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, at1 + k);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, at2 + k);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, at3 + k);
      FloatVector row = FloatVector.fromArray(FLOATS, rows, rowsAt + k);
      s0 = row.fma(x0, s0);
      t0 = row.fma(x1, t0);
      p0 = row.fma(x2, p0);
      q0 = row.fma(x3, q0);
      row = FloatVector.fromArray(FLOATS, rows, rowsAt1 + k);
      s1 = row.fma(x0, s1);
      t1 = row.fma(x1, t1);
      p1 = row.fma(x2, p1);
      q1 = row.fma(x3, q1);
      row = FloatVector.fromArray(FLOATS, rows, rowsAt2 + k);
      s2 = row.fma(x0, s2);
      t2 = row.fma(x1, t2);
      p2 = row.fma(x2, p2);
      q2 = row.fma(x3, q2);
      row = FloatVector.fromArray(FLOATS, rows, rowsAt3 + k);
      s3 = row.fma(x0, s3);
      t3 = row.fma(x1, t3);
      p3 = row.fma(x2, p3);
      q3 = row.fma(x3, q3);
    }
    s0.intoArray(sums, 0);
    s1.intoArray(sums, COUNT);
    s2.intoArray(sums, 2 * COUNT);
    s3.intoArray(sums, 3 * COUNT);
    t0.intoArray(sums, 4 * COUNT);
    t1.intoArray(sums, 5 * COUNT);
    t2.intoArray(sums, 6 * COUNT);
    t3.intoArray(sums, 7 * COUNT);
    p0.intoArray(sums, 8 * COUNT);
    p1.intoArray(sums, 9 * COUNT);
    p2.intoArray(sums, 10 * COUNT);
    p3.intoArray(sums, 11 * COUNT);
    q0.intoArray(sums, 12 * COUNT);
    q1.intoArray(sums, 13 * COUNT);
    q2.intoArray(sums, 14 * COUNT);
    q3.intoArray(sums, 15 * COUNT);
    for (int i = 0; i < DOTS; i++) {
      for (int j = 0; j < DOTS; j++) {
        u[uAt + i * uStride + j] = Lanes.sum(sums, (i * DOTS + j) * COUNT);
      }
    }
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
    int sumsAt1 = sumsAt + sumsStride;
    int sumsAt2 = sumsAt + 2 * sumsStride;
    int sumsAt3 = sumsAt + 3 * sumsStride;
    int sumsAt4 = sumsAt + 4 * sumsStride;
    int sumsAt5 = sumsAt + 5 * sumsStride;
    int sumsAt6 = sumsAt + 6 * sumsStride;
    int sumsAt7 = sumsAt + 7 * sumsStride;
    FloatVector s0 = FloatVector.fromArray(FLOATS, sums, sumsAt);
    FloatVector s1 = FloatVector.fromArray(FLOATS, sums, sumsAt1);
    FloatVector s2 = FloatVector.fromArray(FLOATS, sums, sumsAt2);
    FloatVector s3 = FloatVector.fromArray(FLOATS, sums, sumsAt3);
    FloatVector s4 = FloatVector.fromArray(FLOATS, sums, sumsAt4);
    FloatVector s5 = FloatVector.fromArray(FLOATS, sums, sumsAt5);
    FloatVector s6 = FloatVector.fromArray(FLOATS, sums, sumsAt6);
    FloatVector s7 = FloatVector.fromArray(FLOATS, sums, sumsAt7);
    FloatVector t0 = FloatVector.fromArray(FLOATS, sums, sumsAt + COUNT);
    FloatVector t1 = FloatVector.fromArray(FLOATS, sums, sumsAt1 + COUNT);
    FloatVector t2 = FloatVector.fromArray(FLOATS, sums, sumsAt2 + COUNT);
    FloatVector t3 = FloatVector.fromArray(FLOATS, sums, sumsAt3 + COUNT);
    FloatVector t4 = FloatVector.fromArray(FLOATS, sums, sumsAt4 + COUNT);
    FloatVector t5 = FloatVector.fromArray(FLOATS, sums, sumsAt5 + COUNT);
    FloatVector t6 = FloatVector.fromArray(FLOATS, sums, sumsAt6 + COUNT);
    FloatVector t7 = FloatVector.fromArray(FLOATS, sums, sumsAt7 + COUNT);
    int w = uAt;
    for (int i = 0; i < count; i++) {
      int rowAt = at + i * stride;
      FloatVector low = FloatVector.fromArray(FLOATS, x, rowAt);
      FloatVector high = FloatVector.fromArray(FLOATS, x, rowAt + COUNT);
      FloatVector factor = FloatVector.broadcast(FLOATS, u[w]);
      s0 = low.fma(factor, s0);
      t0 = high.fma(factor, t0);
      factor = FloatVector.broadcast(FLOATS, u[w + 1]);
      s1 = low.fma(factor, s1);
      t1 = high.fma(factor, t1);
      factor = FloatVector.broadcast(FLOATS, u[w + 2]);
      s2 = low.fma(factor, s2);
      t2 = high.fma(factor, t2);
      factor = FloatVector.broadcast(FLOATS, u[w + 3]);
      s3 = low.fma(factor, s3);
      t3 = high.fma(factor, t3);
      factor = FloatVector.broadcast(FLOATS, u[w + 4]);
      s4 = low.fma(factor, s4);
      t4 = high.fma(factor, t4);
      factor = FloatVector.broadcast(FLOATS, u[w + 5]);
      s5 = low.fma(factor, s5);
      t5 = high.fma(factor, t5);
      factor = FloatVector.broadcast(FLOATS, u[w + 6]);
      s6 = low.fma(factor, s6);
      t6 = high.fma(factor, t6);
      factor = FloatVector.broadcast(FLOATS, u[w + 7]);
      s7 = low.fma(factor, s7);
      t7 = high.fma(factor, t7);
      w += uStride;
    }
    s0.intoArray(sums, sumsAt);
    s1.intoArray(sums, sumsAt1);
    s2.intoArray(sums, sumsAt2);
    s3.intoArray(sums, sumsAt3);
    s4.intoArray(sums, sumsAt4);
    s5.intoArray(sums, sumsAt5);
    s6.intoArray(sums, sumsAt6);
    s7.intoArray(sums, sumsAt7);
    t0.intoArray(sums, sumsAt + COUNT);
    t1.intoArray(sums, sumsAt1 + COUNT);
    t2.intoArray(sums, sumsAt2 + COUNT);
    t3.intoArray(sums, sumsAt3 + COUNT);
    t4.intoArray(sums, sumsAt4 + COUNT);
    t5.intoArray(sums, sumsAt5 + COUNT);
    t6.intoArray(sums, sumsAt6 + COUNT);
    t7.intoArray(sums, sumsAt7 + COUNT);
  }
}
