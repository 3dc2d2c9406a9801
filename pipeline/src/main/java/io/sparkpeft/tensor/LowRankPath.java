package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;

/**
 * A low-rank path beside the product of a linear layer: {@code y = x w^T + scaling (dropout(x) a^T)
 * b^T}. (Hu et al. 2021, arXiv:2106.09685, equation 3.) x [rows, in], w [out, in], y [rows, out];
 * dropped places of x are counted row-major, ascending.
 *
 * @param a fp32 [r, in]
 * @param b fp32 [out, r]
 * @param scaling 1 / keep included, where keep is the share of x that dropout leaves
 * @param product the library of the product with w
 * @param by how the path is computed
 */
public record LowRankPath(NDArray a, NDArray b, double scaling, Product product, RowWork by) {

  /** With fewer, bringing a and b into the vectors' order takes longer than the path itself. */
  private static final int LEAST_ROWS_FOR_LANES = 16;

  /**
   * What the path's gradients need.
   *
   * @param input x, or a copy of it with zeros where it was dropped; as {@link #by} needs it
   * @param inner its product with a, in a form that is known here alone
   */
  public record Saved(NDArray input, Optional<int[]> dropped, NDArray inner) {}

  /** y, and what its gradients need. */
  public record Result(NDArray y, Saved saved) {}

  /**
   * @param a fp32, as a
   * @param b fp32, as b
   * @param x of x; empty if it was not asked for
   */
  public record Gradients(NDArray a, NDArray b, Optional<NDArray> x) {}

  public Result linear(NDManager scope, NDArray x, Optional<int[]> dropped, NDArray w) {
    if (isByLanes(x)) {
      NDArray y = LinearKernels.linear(scope, x, w, product);
      return new Result(y, LanesLowRank.here().forward(scope, this, x, dropped, Optional.of(y)));
    }
    NDArray input = DropoutKernels.dropout(scope, x, dropped);
    List<NDArray> results = LinearKernels.loraLinear(scope, x, input, w, a, b, scaling, product);
    return new Result(results.get(0), new Saved(input, dropped, results.get(1)));
  }

  /** What {@link #linear} saves, without y. */
  public Saved again(NDManager scope, NDArray x, Optional<int[]> dropped) {
    if (isByLanes(x)) {
      return LanesLowRank.here().forward(scope, this, x, dropped, Optional.empty());
    }
    NDArray input = DropoutKernels.dropout(scope, x, dropped);
    return new Saved(input, dropped, LinearKernels.loraInner(scope, input, a));
  }

  private boolean isByLanes(NDArray rows) {
    return by == RowWork.LANES && rows.getShape().get(0) >= LEAST_ROWS_FOR_LANES;
  }

  /**
   * @param w empty if the gradient of x is not wanted
   */
  public Gradients vjp(NDManager scope, NDArray gy, Saved saved, Optional<NDArray> w) {
    if (isByLanes(gy)) {
      Optional<NDArray> gx = w.map(weight -> LinearKernels.linearVjp(scope, gy, weight, product));
      return LanesLowRank.here().vjp(scope, this, gy, saved, gx);
    }
    List<NDArray> gradients =
        LinearKernels.loraParametersVjp(scope, gy, saved.input(), saved.inner(), b, scaling);
    Optional<NDArray> gx = w.map(weight -> inputVjp(scope, gy, gradients.get(0), saved, weight));
    return new Gradients(gradients.get(1), gradients.get(2), gx);
  }

  private NDArray inputVjp(NDManager scope, NDArray gy, NDArray gInner, Saved saved, NDArray w) {
    NDArray g = LinearKernels.loraInputVjp(scope, gInner, a);
    saved.dropped().ifPresent(places -> DropoutKernels.drop(g, places));
    return LinearKernels.linearVjpOnto(scope, g, gy, w, product);
  }
}
