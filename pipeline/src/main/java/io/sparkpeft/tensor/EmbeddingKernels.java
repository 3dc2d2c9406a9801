package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/embedding.py}. */
public final class EmbeddingKernels {
  private static final Kernel EMBEDDING = new Kernel("embedding");
  private static final Kernel SCALED_EMBEDDING = new Kernel("scaled_embedding");
  private static final Kernel ADD_POSITIONS = new Kernel("add_positions_");
  private static final Kernel ROWS = new Kernel("rows_of");
  private static final Kernel JOIN_ROWS = new Kernel("join_rows");
  private static final Kernel SELECT_ROWS_VJP = new Kernel("select_rows_vjp");
  private static final Kernel REPLACE_ROWS = new Kernel("replace_rows");
  private static final Kernel PUT_ROWS = new Kernel("put_rows_");
  private static final Kernel TABLE_VJP = new Kernel("table_vjp");
  private static final Kernel LORA_EMBEDDING = new Kernel("lora_embedding_");
  private static final Kernel LORA_EMBEDDING_VJP = new Kernel("lora_embedding_vjp");

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

  /** Some of x's rows, in the same memory. */
  public static NDArray rows(NDManager scope, NDArray x, long from, long to) {
    return ROWS.tensor(scope, x, from, to);
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

  /** A copy of w with other rows in some places, rounded to w's type. */
  public static NDArray replaceRows(NDManager scope, NDArray w, NDArray places, NDArray rows) {
    return REPLACE_ROWS.tensor(scope, w, places, rows);
  }

  /**
   * Rows of a table times scale, written into x.
   *
   * @param places int64 [n]: rows of x
   * @param which int64 [n]: rows of the table
   */
  public static NDArray putRows(
      NDManager scope, NDArray x, NDArray places, NDArray table, NDArray which, double scale) {
    return PUT_ROWS.tensor(scope, x, places, table, which, scale);
  }

  /**
   * The gradient [rows, features] of a table, fp32.
   *
   * @param gy [n, features] of scale times the rows taken
   * @param ids int64 [n]: which rows; they may repeat
   */
  public static NDArray tableVjp(
      NDManager scope, NDArray gy, NDArray ids, long rows, double scale) {
    return TABLE_VJP.tensor(scope, gy, ids, rows, scale);
  }

  /**
   * [x + factor u b^T, u], the sum written into x, with u = a[:, ids]^T.
   *
   * @param x [n, features]
   * @param a fp32 [r, rows]
   * @param b fp32 [features, r]
   */
  public static List<NDArray> loraEmbedding(
      NDManager scope, NDArray x, NDArray ids, NDArray a, NDArray b, double factor) {
    return LORA_EMBEDDING.tensors(scope, x, ids, a, b, factor);
  }

  /** [ga, gb] in fp32; rows: those of the table. */
  public static List<NDArray> loraEmbeddingVjp(
      NDManager scope, NDArray gy, NDArray ids, NDArray u, NDArray b, long rows, double factor) {
    return LORA_EMBEDDING_VJP.tensors(scope, gy, ids, u, b, rows, factor);
  }
}
