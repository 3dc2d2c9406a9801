package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LowRankPath.Gradients;
import io.sparkpeft.tensor.LowRankPath.Saved;
import java.util.Optional;

/**
 * One low-rank path on a CPU, some rows at a time, which stay in the processor's cache while all is
 * made of them that is to be: dropout, which takes no copy of x then, and every product. Computes
 * in fp32. x [rows, in] in fp32 or bfloat16; the saved inner is [rows, a's width], scaled, fp32.
 */
final class LowRankPass {
  /** Numbers of the rows that are worked on together. */
  private static final int BLOCK = 4096;

  private final LanesLowRank by;
  private final NarrowMatrix a;
  private final NarrowMatrix b;
  private final float scaling;
  private final int rows;
  private final int rowsAtOnce;
  private final TensorRows x;
  private final TensorRows inner;
  private final Optional<DroppedPlaces> dropped;
  private final float[] sums = new float[RankLanes.DOTS * RankLanes.DOTS * Lanes.COUNT];

  LowRankPass(LanesLowRank by, LowRankPath path, Saved saved) {
    this.by = by;
    this.a = NarrowMatrix.ofRanks(path.a());
    this.b = NarrowMatrix.ofFeatures(path.b());
    this.scaling = (float) path.scaling();
    this.rows = Math.toIntExact(saved.input().getShape().get(0));
    int fitting = BLOCK / Math.max(a.stride(), b.stride());
    this.rowsAtOnce = groupsOfRows(Math.min(rows, Math.max(RankLanes.ROWS, fitting)));
    this.x = by.rows(saved.input());
    this.inner = by.rows(saved.inner());
    this.dropped = saved.dropped().map(places -> new DroppedPlaces(places, a.features()));
  }

  private static int groupsOfRows(int count) {
    return (count + RankLanes.ROWS - 1) / RankLanes.ROWS * RankLanes.ROWS;
  }

  /** Writes the inner, u = scaling dropout(x) a^T, and y + u b^T into y. */
  void forward(Optional<NDArray> result) {
    Optional<TensorRows> y = result.map(by::rows);
    float[] factors = factors(a);
    float[] ranks = y.isPresent() ? b.rows() : new float[0];
    RowBlock xs = new RowBlock(rowsAtOnce, a.features(), a.stride());
    RowBlock us = new RowBlock(rowsAtOnce, a.width(), a.width());
    RowBlock ys = new RowBlock(y.isPresent() ? rowsAtOnce : 0, b.features(), b.stride());
    for (int first = 0; first < rows; first += rowsAtOnce) {
      int count = Math.min(rowsAtOnce, rows - first);
      readDropped(xs, first, count);
      inner(xs, a, factors, count, us);
      us.write(inner, first, count);
      if (y.isPresent()) {
        ys.read(y.get(), first, count);
        expand(us, b, ranks, count, ys);
        ys.write(y.get(), first, count);
      }
    }
  }

  /**
   * With gu = scaling gy b: the gradients gu^T dropout(x) of a and gy^T u of b, and gx + dropout(gu
   * a) into gx.
   */
  void backward(NDArray gradient, Gradients results) {
    TensorRows gy = by.rows(gradient);
    Optional<TensorRows> gx = results.x().map(by::rows);
    float[] factors = factors(b);
    float[] ranks = gx.isPresent() ? a.rows() : new float[0];
    float[] ga = a.sums();
    float[] gb = b.sums();
    RowBlock gys = new RowBlock(rowsAtOnce, b.features(), b.stride());
    RowBlock xs = new RowBlock(rowsAtOnce, a.features(), a.stride());
    RowBlock us = new RowBlock(rowsAtOnce, a.width(), a.width());
    RowBlock gus = new RowBlock(rowsAtOnce, a.width(), a.width());
    for (int first = 0; first < rows; first += rowsAtOnce) {
      int count = Math.min(rowsAtOnce, rows - first);
      gys.read(gy, first, count);
      us.read(inner, first, count);
      outer(us, gys, count, b, gb);
      inner(gys, b, factors, count, gus);
      readDropped(xs, first, count);
      outer(gus, xs, count, a, ga);
      if (gx.isPresent()) {
        xs.read(gx.get(), first, count);
        dropped.ifPresent(places -> places.keep(xs.values()));
        expand(gus, a, ranks, count, xs);
        dropped.ifPresent(places -> places.restore(xs.values()));
        xs.write(gx.get(), first, count);
      }
    }
    Tensors.copyFrom(results.a(), a.ordered(ga), 0);
    Tensors.copyFrom(results.b(), b.ordered(gb), 0);
  }

  private void readDropped(RowBlock xs, int first, int count) {
    xs.read(x, first, count);
    dropped.ifPresent(
        places -> {
          places.moveTo(first, count, xs.stride());
          places.zero(xs.values());
        });
  }

  private static float[] factors(NarrowMatrix m) {
    return m.isForDots() ? m.rows() : m.columns();
  }

  /** us = scaling xs m^T. */
  private void inner(RowBlock xs, NarrowMatrix m, float[] factors, int count, RowBlock us) {
    if (m.isForDots()) {
      dots(xs, m, factors, count, us);
    } else {
      innerOfColumns(xs, m, factors, count, us);
    }
    float[] values = us.values();
    for (int i = 0; i < count * us.stride(); i++) {
      values[i] *= scaling;
    }
  }

  private void innerOfColumns(
      RowBlock xs, NarrowMatrix m, float[] columns, int count, RowBlock us) {
    int width = us.stride();
    for (int row = 0; row < count; row += RankLanes.ROWS) {
      for (int rank = 0; rank < width; rank += Lanes.COUNT) {
        by.lanes()
            .inner(
                xs.values(),
                row * xs.stride(),
                xs.stride(),
                m.features(),
                columns,
                rank * m.features(),
                us.values(),
                row * width + rank,
                width);
      }
    }
  }

  private void dots(RowBlock xs, NarrowMatrix m, float[] ranks, int count, RowBlock us) {
    int stride = xs.stride();
    for (int row = 0; row < count; row += RankLanes.DOTS) {
      for (int rank = 0; rank < m.ranks(); rank += RankLanes.DOTS) {
        by.lanes()
            .dots(
                xs.values(),
                row * stride,
                stride,
                stride,
                ranks,
                rank * stride,
                stride,
                sums,
                us.values(),
                row * us.stride() + rank,
                us.stride());
      }
    }
  }

  /** xs + us m. */
  private void expand(RowBlock us, NarrowMatrix m, float[] ranks, int count, RowBlock xs) {
    int stride = xs.stride();
    for (int row = 0; row < count; row += 2) {
      for (int rank = 0; rank < m.ranks(); rank += RankLanes.RANKS) {
        by.lanes()
            .expand(
                us.values(),
                row * us.stride() + rank,
                us.stride(),
                ranks,
                rank * stride,
                stride,
                xs.values(),
                row * stride);
      }
    }
  }

  /** sums + us^T xs. */
  private void outer(RowBlock us, RowBlock xs, int count, NarrowMatrix m, float[] sums) {
    int stride = xs.stride();
    for (int feature = 0; feature < stride; feature += RankLanes.FEATURES) {
      for (int rank = 0; rank < m.ranks(); rank += RankLanes.RANKS) {
        by.lanes()
            .outer(
                us.values(),
                rank,
                us.stride(),
                count,
                xs.values(),
                feature,
                stride,
                sums,
                rank * stride + feature,
                stride);
      }
    }
  }
}
