package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@code kernels/embedding.py}. */
public final class EmbeddingKernels {
  private static final Kernel EMBEDDING = new Kernel("embedding");
  private static final Kernel SELECT_ROWS_VJP = new Kernel("select_rows_vjp");

  private EmbeddingKernels() {}

  /**
   * Rows of a table.
   *
   * @param w [rows, features]
   * @param ids int64 or int32 [n]
   */
  public static NDArray embedding(NDManager scope, NDArray w, NDArray ids) {
    return EMBEDDING.tensor(scope, w, ids);
  }

  /** The gradient [rows, features] of all rows, given that of the selected ones. */
  public static NDArray selectRowsVjp(NDManager scope, NDArray gy, NDArray ids, long rows) {
    return SELECT_ROWS_VJP.tensor(scope, gy, ids, rows);
  }
}
