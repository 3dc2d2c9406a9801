package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/embedding.py}. */
public final class EmbeddingKernels {
  private static final Kernel EMBEDDING = new Kernel("embedding");
  private static final Kernel SELECT_ROWS_VJP = new Kernel("select_rows_vjp");

  private EmbeddingKernels() {}

  /**
   * Rows of a table.
   *
   * @param w [rows, ...]
   * @param ids int64 or int32 [n]
   */
  public static NDArray embedding(NDManager scope, NDArray w, NDArray ids) {
    return EMBEDDING.tensor(scope, w, ids);
  }

  /**
   * The gradient [rows, features] of all rows, given those of the selected ones.
   *
   * @param gys parts that make [n, features] together
   * @param ids int64 [n], each at most once
   */
  public static NDArray selectRowsVjp(NDManager scope, List<NDArray> gys, NDArray ids, long rows) {
    return SELECT_ROWS_VJP.tensor(scope, gys, ids, rows);
  }
}
