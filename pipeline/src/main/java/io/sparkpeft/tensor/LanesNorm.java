package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * RMS norms on a CPU, see {@link RowWork#LANES}. Shapes are those of {@link NormKernels}; it
 * computes in fp32, whatever the tensors' type is.
 */
final class LanesNorm {
  private final ProcessorLanes by;

  LanesNorm(ProcessorLanes by) {
    this.by = by;
  }

  /** With this machine's vectors, which must be there. */
  static LanesNorm here() {
    return new LanesNorm(ProcessorLanes.here());
  }

  RowLanes lanes() {
    return by.rows();
  }

  TensorRows rows(NDArray tensor, int features) {
    return TensorRows.of(tensor, 0, features, by.lanes());
  }

  /**
   * As {@link NormKernels#rmsNorm}, or {@link NormKernels#offsetRmsNorm}.
   *
   * @param offset added to w
   */
  NDArray forward(NDManager scope, NDArray x, NDArray w, double eps, float offset) {
    NDArray y = Tensors.emptyLike(scope, x);
    KernelObservation.observe("rms_norm", () -> new NormPass(this, x, w, eps, offset).forward(y));
    return y;
  }

  /** As {@link NormKernels#rmsNormVjp}, or {@link NormKernels#offsetRmsNormVjp}. */
  NDArray vjp(NDManager scope, List<NDArray> gys, NDArray x, NDArray w, double eps, float offset) {
    NDArray gx = Tensors.emptyLike(scope, x);
    KernelObservation.observe(
        "rms_norm_vjp", () -> new NormPass(this, x, w, eps, offset).backward(gys, gx));
    return gx;
  }
}
