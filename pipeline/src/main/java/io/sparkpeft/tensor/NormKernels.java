package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/norm.py}. */
public final class NormKernels {
  private static final Kernel RMS_NORM = new Kernel("rms_norm");
  private static final Kernel RMS_NORM_VJP = new Kernel("rms_norm_vjp");
  private static final Kernel RESIDUAL_RMS_NORM_VJP = new Kernel("residual_rms_norm_vjp");

  private NormKernels() {}

  /**
   * @param x [rows, features]
   * @param w [features]
   */
  public static NDArray rmsNorm(NDManager scope, NDArray x, NDArray w, double eps) {
    return RMS_NORM.tensor(scope, x, w, eps);
  }

  /**
   * The gradient of x.
   *
   * @param gys the gradients of all that read the norm's output
   */
  public static NDArray rmsNormVjp(
      NDManager scope, List<NDArray> gys, NDArray x, NDArray w, double eps) {
    return RMS_NORM_VJP.tensor(scope, gys, x, w, eps);
  }

  /**
   * The gradient of x, which is also added to what the norm leads to.
   *
   * @param around the gradient that reaches x past the norm
   */
  public static NDArray residualRmsNormVjp(
      NDManager scope, List<NDArray> gys, NDArray x, NDArray w, double eps, NDArray around) {
    return RESIDUAL_RMS_NORM_VJP.tensor(scope, gys, x, w, eps, around);
  }
}
