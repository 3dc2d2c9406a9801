package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/dora.py}: weights decomposed into magnitude and direction. W [out, in], A [r, in],
 * B [out, r], magnitudes and norms [out], in fp32; rows of activations in any type.
 */
public final class DoraKernels {
  private static final Kernel ROW_SQUARES = new Kernel("row_squares");
  private static final Kernel ROW_NORMS = new Kernel("row_norms");
  private static final Kernel MERGED = new Kernel("dora_merged");
  private static final Kernel DIRECTION = new Kernel("dora_direction");
  private static final Kernel OUTPUT = new Kernel("dora_output");
  private static final Kernel OUTPUT_BESIDE = new Kernel("dora_output_beside");
  private static final Kernel MAGNITUDE_VJP = new Kernel("dora_magnitude_vjp");
  private static final Kernel SCALED = new Kernel("dora_scaled");

  private DoraKernels() {}

  /** The squared norms of W's rows. */
  public static NDArray rowSquares(NDManager scope, NDArray w) {
    return ROW_SQUARES.tensor(scope, w);
  }

  /**
   * The norms of the rows of W + scaling B A.
   *
   * @param squares of {@link #rowSquares}
   */
  public static NDArray rowNorms(
      NDManager scope, NDArray squares, NDArray w, NDArray a, NDArray b, double scaling) {
    return ROW_NORMS.tensor(scope, squares, w, a, b, scaling);
  }

  /**
   * V with rows of the given norms (columns, if it lies transposed).
   *
   * @param like whose type the result is rounded to
   */
  public static NDArray merged(
      NDManager scope, NDArray v, NDArray magnitude, NDArray like, boolean transposed) {
    return MERGED.tensor(scope, v, magnitude, like, transposed);
  }

  /** [v, u]: v = product + scaling u B^T, written into product = x W^T, with u = x A^T. */
  public static List<NDArray> direction(
      NDManager scope, NDArray product, NDArray x, NDArray a, NDArray b, double scaling) {
    return DIRECTION.tensors(scope, product, x, a, b, scaling);
  }

  /** y = v magnitude / norm. */
  public static NDArray output(NDManager scope, NDArray v, NDArray magnitude, NDArray norm) {
    return OUTPUT.tensor(scope, v, magnitude, norm);
  }

  /**
   * y = whole + share (v magnitude / norm - product): with dropout, the decomposition is seen as a
   * difference to the layer without it.
   *
   * @param whole x W^T; written into
   * @param product what dropout leaves of x, times W^T
   * @param share one over the share of inputs that dropout keeps
   */
  public static NDArray outputBeside(
      NDManager scope,
      NDArray whole,
      NDArray product,
      NDArray v,
      NDArray magnitude,
      NDArray norm,
      double share) {
    return OUTPUT_BESIDE.tensor(scope, whole, product, v, magnitude, norm, share);
  }

  /** The gradient of the magnitudes, fp32: share times the sum over rows of gy v / norm. */
  public static NDArray magnitudeVjp(
      NDManager scope, NDArray gy, NDArray v, NDArray norm, double share) {
    return MAGNITUDE_VJP.tensor(scope, gy, v, norm, share);
  }

  /** share gy (magnitude / norm - minus). */
  public static NDArray scaled(
      NDManager scope, NDArray gy, NDArray magnitude, NDArray norm, double minus, double share) {
    return SCALED.tensor(scope, gy, magnitude, norm, minus, share);
  }
}
