package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/scale.py}. x [rows, features]; l, fp32, a factor for each feature. */
public final class ScaleKernels {
  private static final Kernel SCALED = new Kernel("scaled");
  private static final Kernel SCALED_VJP = new Kernel("scaled_vjp");
  private static final Kernel SCALED_WEIGHT = new Kernel("scaled_weight");

  private ScaleKernels() {}

  /** l x, taken in fp32 and rounded to x's type. */
  public static NDArray scaled(NDManager scope, NDArray x, NDArray l) {
    return SCALED.tensor(scope, x, l);
  }

  /** The gradients of x, and of l in fp32 and its shape. */
  public static List<NDArray> scaledVjp(NDManager scope, NDArray gy, NDArray x, NDArray l) {
    return SCALED_VJP.tensors(scope, gy, x, l);
  }

  /**
   * W with rows or columns multiplied, in fp32 and rounded once: l is [rows, 1] or [1, columns].
   */
  public static NDArray scaledWeight(NDManager scope, NDArray w, NDArray l) {
    return SCALED_WEIGHT.tensor(scope, w, l);
  }
}
