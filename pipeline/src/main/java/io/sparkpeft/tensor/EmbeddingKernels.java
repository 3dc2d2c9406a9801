package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/embedding.py}. */
public final class EmbeddingKernels {
  private static final Kernel EMBEDDING = new Kernel("embedding");
  private static final Kernel SCALED_EMBEDDING = new Kernel("scaled_embedding");
  private static final Kernel ADD_POSITIONS = new Kernel("add_positions_");
  private static final Kernel JOIN_ROWS = new Kernel("join_rows");
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

  /** The same times a number that is rounded to w's type first. */
  public static NDArray scaledEmbedding(NDManager scope, NDArray w, NDArray ids, double scale) {
    return SCALED_EMBEDDING.tensor(scope, w, ids, scale);
  }

  /**
   * x + w[positions + offset], written into x.
   *
   * @param w learned positions [rows, features]
   * @param positions int64 [n]
   */
  public static NDArray addPositions(
      NDManager scope, NDArray x, NDArray w, NDArray positions, long offset) {
    return ADD_POSITIONS.tensor(scope, x, w, positions, offset);
  }

  /** The rows of all parts, one part after another. */
  public static NDArray joinRows(NDManager scope, List<NDArray> parts) {
    return JOIN_ROWS.tensor(scope, parts);
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
