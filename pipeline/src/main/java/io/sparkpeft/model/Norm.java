package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.NormKernels;
import java.util.List;

/** A normalisation of features. */
sealed interface Norm {

  /** x [rows, features]. */
  default NDArray forward(Pass pass, NDArray x) {
    return pass.isMixedWhere(this::isTrained) ? pass.byAdapter(x, this::normed) : normed(pass, x);
  }

  /** The same with one adapter at most. */
  NDArray normed(Pass pass, NDArray x);

  /** Whether the adapter trains its weights. */
  boolean isTrained(Pass pass);

  /**
   * The gradient of x. Hands those of trained weights on.
   *
   * @param gys the gradients of all that read the output
   */
  NDArray backward(Pass pass, List<NDArray> gys, NDArray x);

  /** The same with the gradient that reaches x around the block that begins with this norm. */
  default NDArray backward(Pass pass, List<NDArray> gys, NDArray x, NDArray around) {
    return LinearKernels.addInPlace(pass.scope(), backward(pass, gys, x), around);
  }

  private static void addRmsGradient(
      Pass pass, Weight weight, List<NDArray> gys, NDArray x, double eps) {
    weight
        .trained(pass)
        .ifPresent(
            w -> pass.gradients().add(w, NormKernels.rmsNormWeightVjp(pass.scope(), gys, x, eps)));
  }

  /** {@link NormKind#RMS}; weight [features]. */
  record Rms(Weight weight, double eps) implements Norm {
    @Override
    public NDArray normed(Pass pass, NDArray x) {
      return NormKernels.rmsNorm(pass.scope(), x, weight.in(pass), eps, pass.rowWork());
    }

    @Override
    public boolean isTrained(Pass pass) {
      return weight.isTrained(pass);
    }

    @Override
    public NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
      addRmsGradient(pass, weight, gys, x, eps);
      return NormKernels.rmsNormVjp(pass.scope(), gys, x, weight.in(pass), eps, pass.rowWork());
    }
  }

  /** {@link NormKind#OFFSET_RMS}; weight [features]. */
  record OffsetRms(Weight weight, double eps) implements Norm {
    @Override
    public NDArray normed(Pass pass, NDArray x) {
      return NormKernels.offsetRmsNorm(pass.scope(), x, weight.in(pass), eps, pass.rowWork());
    }

    @Override
    public boolean isTrained(Pass pass) {
      return weight.isTrained(pass);
    }

    @Override
    public NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
      addRmsGradient(pass, weight, gys, x, eps);
      return NormKernels.offsetRmsNormVjp(
          pass.scope(), gys, x, weight.in(pass), eps, pass.rowWork());
    }
  }

  /** {@link NormKind#LAYER}; weight and bias [features]. */
  record Layer(Weight weight, Weight bias, double eps) implements Norm {
    @Override
    public NDArray normed(Pass pass, NDArray x) {
      return NormKernels.layerNorm(pass.scope(), x, weight.in(pass), bias.in(pass), eps);
    }

    @Override
    public boolean isTrained(Pass pass) {
      return weight.isTrained(pass) || bias.isTrained(pass);
    }

    @Override
    public NDArray backward(Pass pass, List<NDArray> gys, NDArray x) {
      if (isTrained(pass)) {
        List<NDArray> gradients = NormKernels.layerNormWeightVjp(pass.scope(), gys, x, eps);
        weight.trained(pass).ifPresent(w -> pass.gradients().add(w, gradients.get(0)));
        bias.trained(pass).ifPresent(b -> pass.gradients().add(b, gradients.get(1)));
      }
      return NormKernels.layerNormVjp(pass.scope(), gys, x, weight.in(pass), eps);
    }
  }
}
