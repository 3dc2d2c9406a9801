package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Projections;

/**
 * Where the heads' queries, keys and values lie, or the gradients of them. A token's queries of one
 * key head are one row.
 */
record HeadMemory(TensorRows q, TensorRows k, TensorRows v) {

  /** q [K, N, G, D]; k and v [K, keys, D]. */
  static HeadMemory of(Heads heads, Lanes lanes) {
    long[] q = heads.q().getShape().getShape();
    int features = Math.toIntExact(q[3]);
    int queries = Math.toIntExact(q[2] * features);
    int ofHead = Math.toIntExact(heads.k().getShape().get(1) * features);
    return new HeadMemory(
        TensorRows.of(heads.q(), Math.toIntExact(q[1] * queries), queries, lanes),
        TensorRows.of(heads.k(), ofHead, features, lanes),
        TensorRows.of(heads.v(), ofHead, features, lanes));
  }

  /** q [N, K G D]; k and v [N, K D]. */
  static HeadMemory of(Projections projections, Lanes lanes) {
    int features = Math.toIntExact(projections.features());
    return new HeadMemory(
        ofProjection(projections.q(), Math.toIntExact(projections.groups()) * features, lanes),
        ofProjection(projections.k(), features, lanes),
        ofProjection(projections.v(), features, lanes));
  }

  /**
   * @param x [N, K width]
   */
  static TensorRows ofProjection(NDArray x, int width, Lanes lanes) {
    return TensorRows.of(x, width, Math.toIntExact(x.getShape().get(1)), lanes);
  }
}
