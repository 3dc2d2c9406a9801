package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.NormKernels;
import java.util.List;

/**
 * A root mean square norm.
 *
 * @param weight [features]
 */
record Norm(NDArray weight, double eps) {

  /** x [rows, features]. */
  NDArray forward(Pass pass, NDArray x) {
    return NormKernels.rmsNorm(pass.scope(), x, weight, eps);
  }

  /**
   * The gradient of x.
   *
   * @param gys the gradients of all that read the output
   */
  NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
    return NormKernels.rmsNormVjp(pass.scope(), gys, x, weight, eps);
  }

  /** The same with the gradient that reaches x around the block that begins with this norm. */
  NDArray backward(Pass pass, List<NDArray> gys, NDArray x, NDArray around) {
    return NormKernels.residualRmsNormVjp(pass.scope(), gys, x, weight, eps, around);
  }
}
