package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/norm.py}. x [rows, features], w and b [features]. The products give the gradient
 * of x; gys are the gradients of all that read the norm's output.
 */
public final class NormKernels {
  private static final Kernel RMS_NORM = new Kernel("rms_norm");
  private static final Kernel RMS_NORM_VJP = new Kernel("rms_norm_vjp");
  private static final Kernel OFFSET_RMS_NORM = new Kernel("offset_rms_norm");
  private static final Kernel OFFSET_RMS_NORM_VJP = new Kernel("offset_rms_norm_vjp");
  private static final Kernel LAYER_NORM = new Kernel("layer_norm");
  private static final Kernel LAYER_NORM_VJP = new Kernel("layer_norm_vjp");
  private static final Kernel RMS_NORM_WEIGHT_VJP = new Kernel("rms_norm_weight_vjp");
  private static final Kernel LAYER_NORM_WEIGHT_VJP = new Kernel("layer_norm_weight_vjp");

  private NormKernels() {}

  public static NDArray rmsNorm(NDManager scope, NDArray x, NDArray w, double eps, RowWork by) {
    return by == RowWork.LANES
        ? LanesNorm.here().forward(scope, x, w, eps, 0)
        : RMS_NORM.tensor(scope, x, w, eps);
  }

  public static NDArray rmsNormVjp(
      NDManager scope, List<NDArray> gys, NDArray x, NDArray w, double eps, RowWork by) {
    return by == RowWork.LANES
        ? LanesNorm.here().vjp(scope, gys, x, w, eps, 0)
        : RMS_NORM_VJP.tensor(scope, gys, x, w, eps);
  }

  /** With 1 + w in place of w. */
  public static NDArray offsetRmsNorm(
      NDManager scope, NDArray x, NDArray w, double eps, RowWork by) {
    return by == RowWork.LANES
        ? LanesNorm.here().forward(scope, x, w, eps, 1)
        : OFFSET_RMS_NORM.tensor(scope, x, w, eps);
  }

  public static NDArray offsetRmsNormVjp(
      NDManager scope, List<NDArray> gys, NDArray x, NDArray w, double eps, RowWork by) {
    return by == RowWork.LANES
        ? LanesNorm.here().vjp(scope, gys, x, w, eps, 1)
        : OFFSET_RMS_NORM_VJP.tensor(scope, gys, x, w, eps);
  }

  public static NDArray layerNorm(NDManager scope, NDArray x, NDArray w, NDArray b, double eps) {
    return LAYER_NORM.tensor(scope, x, w, b, eps);
  }

  public static NDArray layerNormVjp(
      NDManager scope, List<NDArray> gys, NDArray x, NDArray w, double eps) {
    return LAYER_NORM_VJP.tensor(scope, gys, x, w, eps);
  }

  /** The gradient of w, fp32, with or without the offset. */
  public static NDArray rmsNormWeightVjp(
      NDManager scope, List<NDArray> gys, NDArray x, double eps) {
    return RMS_NORM_WEIGHT_VJP.tensor(scope, gys, x, eps);
  }

  /** The gradients of w and b, fp32. */
  public static List<NDArray> layerNormWeightVjp(
      NDManager scope, List<NDArray> gys, NDArray x, double eps) {
    return LAYER_NORM_WEIGHT_VJP.tensors(scope, gys, x, eps);
  }
}
