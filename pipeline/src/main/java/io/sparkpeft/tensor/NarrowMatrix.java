package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;

/**
 * A small matrix of ranks and features, fp32, as {@link RankLanes} read it.
 *
 * @param values row-major, [ranks, features], or [features, ranks] if transposed
 */
record NarrowMatrix(float[] values, int ranks, int features, boolean transposed) {
  /** With fewer, adding up the lanes takes longer than {@link RankLanes#dots} saves. */
  private static final int LEAST_FEATURES_FOR_DOTS = 192;

  /** Rows a multiple of this apart, 1 KiB, share a quarter of a cache's places or less. */
  private static final int CACHE_STEP = 256;

  /**
   * @param a [ranks, features]
   */
  static NarrowMatrix ofRanks(NDArray a) {
    return new NarrowMatrix(values(a), size(a, 0), size(a, 1), false);
  }

  /**
   * @param b [features, ranks]
   */
  static NarrowMatrix ofFeatures(NDArray b) {
    return new NarrowMatrix(values(b), size(b, 1), size(b, 0), true);
  }

  private static float[] values(NDArray tensor) {
    float[] values = new float[Math.toIntExact(tensor.size())];
    Tensors.copyTo(tensor, values, 0);
    return values;
  }

  private static int size(NDArray tensor, int dimension) {
    return Math.toIntExact(tensor.getShape().get(dimension));
  }

  /** Ranks, and zeros up to a whole group of lanes. */
  int width() {
    return TensorRows.wholeLanes(ranks);
  }

  /**
   * Features, and zeros up to what {@link RankLanes#outer} computes at once; some more where rows
   * would lie so far apart that they have but a few places in the processor's cache.
   */
  int stride() {
    int whole = (features + RankLanes.FEATURES - 1) / RankLanes.FEATURES * RankLanes.FEATURES;
    return whole % CACHE_STEP == 0 ? whole + RankLanes.FEATURES : whole;
  }

  /** Whether products with it are made by {@link RankLanes#dots} of its rows. */
  boolean isForDots() {
    return features >= LEAST_FEATURES_FOR_DOTS;
  }

  /** For {@link RankLanes#inner}: [width / lanes, features, lanes]. */
  float[] columns() {
    float[] columns = new float[width() * features];
    for (int group = 0; group < ranks; group += Lanes.COUNT) {
      int count = Math.min(Lanes.COUNT, ranks - group);
      int at = group * features;
      if (transposed) {
        for (int k = 0; k < features; k++) {
          System.arraycopy(values, k * ranks + group, columns, at + k * Lanes.COUNT, count);
        }
      } else {
        spread(values, group * features, count, features, columns, at, Lanes.COUNT);
      }
    }
    return columns;
  }

  /** For {@link RankLanes#expand} and {@link RankLanes#dots}: [width, stride]. */
  float[] rows() {
    float[] rows = new float[width() * stride()];
    if (transposed) {
      spread(values, 0, features, ranks, rows, 0, stride());
    } else {
      for (int rank = 0; rank < ranks; rank++) {
        System.arraycopy(values, rank * features, rows, rank * stride(), features);
      }
    }
    return rows;
  }

  /** Where {@link RankLanes#outer} sums up the gradient: [width, stride]. */
  float[] sums() {
    return new float[width() * stride()];
  }

  /** Such sums in the order of the values. */
  float[] ordered(float[] sums) {
    float[] ordered = new float[values.length];
    for (int rank = 0; rank < ranks; rank++) {
      if (transposed) {
        for (int k = 0; k < features; k++) {
          ordered[k * ranks + rank] = sums[rank * stride() + k];
        }
      } else {
        System.arraycopy(sums, rank * stride(), ordered, rank * features, features);
      }
    }
    return ordered;
  }

  /** Transposes [rows, columns] into rows of another stride. */
  private static void spread(
      float[] from, int fromAt, int rows, int columns, float[] to, int toAt, int toStride) {
    for (int row = 0; row < rows; row++) {
      int begin = fromAt + row * columns;
      for (int column = 0; column < columns; column++) {
        to[toAt + column * toStride + row] = from[begin + column];
      }
    }
  }
}
