package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.NormKernels;
import java.util.List;

/** A normalisation of features, with frozen weights. */
sealed interface Norm {

  /** x [rows, features]. */
  NDArray forward(Pass pass, NDArray x);

  /**
   * The gradient of x.
   *
   * @param gys the gradients of all that read the output
   */
  NDArray backward(Pass pass, List<NDArray> gys, NDArray x);

  /** The same with the gradient that reaches x around the block that begins with this norm. */
  default NDArray backward(Pass pass, List<NDArray> gys, NDArray x, NDArray around) {
    return LinearKernels.addInPlace(pass.scope(), backward(pass, gys, x), around);
  }

  /** {@link NormKind#RMS}; weight [features]. */
  record Rms(NDArray weight, double eps) implements Norm {
    @Override
    public NDArray forward(Pass pass, NDArray x) {
      return NormKernels.rmsNorm(pass.scope(), x, weight, eps);
    }

    @Override
    public NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
      return NormKernels.rmsNormVjp(pass.scope(), gys, x, weight, eps);
    }
  }

  /** {@link NormKind#OFFSET_RMS}; weight [features]. */
  record OffsetRms(NDArray weight, double eps) implements Norm {
    @Override
    public NDArray forward(Pass pass, NDArray x) {
      return NormKernels.offsetRmsNorm(pass.scope(), x, weight, eps);
    }

    @Override
    public NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
      return NormKernels.offsetRmsNormVjp(pass.scope(), gys, x, weight, eps);
    }
  }

  /** {@link NormKind#LAYER}; weight and bias [features]. */
  record Layer(NDArray weight, NDArray bias, double eps) implements Norm {
    @Override
    public NDArray forward(Pass pass, NDArray x) {
      return NormKernels.layerNorm(pass.scope(), x, weight, bias, eps);
    }

    @Override
    public NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
      return NormKernels.layerNormVjp(pass.scope(), gys, x, weight, eps);
    }
  }
}
