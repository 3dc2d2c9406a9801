package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.LowRankPath.Gradients;
import io.sparkpeft.tensor.LowRankPath.Saved;
import java.util.Optional;

/**
 * Low-rank paths on a CPU, see {@link RowWork#LANES}. Shapes are those of {@link LowRankPath}; it
 * computes in fp32, whatever the tensors' type is.
 */
final class LanesLowRank {
  private final ProcessorLanes by;

  LanesLowRank(ProcessorLanes by) {
    this.by = by;
  }

  /** With this machine's vectors, which must be there. */
  static LanesLowRank here() {
    return new LanesLowRank(ProcessorLanes.here());
  }

  RankLanes lanes() {
    return by.ranks();
  }

  TensorRows rows(NDArray tensor) {
    return TensorRows.of(tensor, 0, Math.toIntExact(tensor.getShape().get(1)), by.lanes());
  }

  /**
   * What {@link LowRankPath#vjp} needs, which is what {@link LowRankPath#linear} adds to y.
   *
   * @param y written into; empty if it is known already
   */
  Saved forward(
      NDManager scope, LowRankPath path, NDArray x, Optional<int[]> dropped, Optional<NDArray> y) {
    int width = TensorRows.wholeLanes(Math.toIntExact(path.a().getShape().get(0)));
    NDArray inner = Tensors.empty(scope, Dtype.FLOAT32, x.getShape().get(0), width);
    Saved saved = new Saved(x, dropped, inner);
    KernelObservation.observe("low_rank_path", () -> new LowRankPass(this, path, saved).forward(y));
    return saved;
  }

  /**
   * @param gx is given what the path adds; empty if nothing below wants it
   */
  Gradients vjp(NDManager scope, LowRankPath path, NDArray gy, Saved saved, Optional<NDArray> gx) {
    NDArray ga = Tensors.empty(scope, Dtype.FLOAT32, path.a().getShape().getShape());
    NDArray gb = Tensors.empty(scope, Dtype.FLOAT32, path.b().getShape().getShape());
    Gradients gradients = new Gradients(ga, gb, gx);
    KernelObservation.observe(
        "low_rank_path_vjp", () -> new LowRankPass(this, path, saved).backward(gy, gradients));
    return gradients;
  }
}
