package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;

/**
 * RMS norms on a CPU, see {@link RowWork#LANES}. Shapes are those of {@link NormKernels}; it
 * computes in fp32, whatever the tensors' type is.
 */
final class LanesNorm {
  private static final String VECTORS = "io.sparkpeft.tensor.VectorRowLanes";
  private static final Optional<LanesNorm> HERE = vectors();

  private final Lanes halves;
  private final RowLanes lanes;

  /**
   * @param halves reads and writes bfloat16
   */
  LanesNorm(Lanes halves, RowLanes lanes) {
    this.halves = halves;
    this.lanes = lanes;
  }

  /** With this machine's vectors, which must be there, see {@link LanesAttention#isAvailable}. */
  static LanesNorm here() {
    return HERE.orElseThrow();
  }

  /** Nothing where this machine has none. */
  static Optional<LanesNorm> ofVectors() {
    return HERE;
  }

  private static Optional<LanesNorm> vectors() {
    float[] some = new float[Lanes.COUNT];
    return JavaVectors.load(RowLanes.class, VECTORS, lanes -> lanes.scale(some, 0, Lanes.COUNT, 1))
        .flatMap(rows -> LanesAttention.lanes().map(halves -> new LanesNorm(halves, rows)));
  }

  RowLanes lanes() {
    return lanes;
  }

  TensorRows rows(NDArray tensor, int features) {
    return TensorRows.of(tensor, 0, features, halves);
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
