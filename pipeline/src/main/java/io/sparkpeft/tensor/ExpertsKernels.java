package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/experts.py}. Tokens x [N, hidden], of which each is computed by some experts. */
public final class ExpertsKernels {
  private static final Kernel EXPERTS = new Kernel("experts");
  private static final Kernel EXPERTS_VJP = new Kernel("experts_vjp");

  private ExpertsKernels() {}

  /**
   * The networks and what chooses among them.
   *
   * @param router [experts, hidden]
   * @param gates of each expert [intermediate, hidden]
   * @param ups of the same shape
   * @param downs of each expert [hidden, intermediate]
   * @param perToken how many experts compute a token
   * @param normalized whether what these count for a token sums to one
   * @param activation as in {@link MlpKernels}
   */
  public record Experts(
      NDArray router,
      List<NDArray> gates,
      List<NDArray> ups,
      List<NDArray> downs,
      long perToken,
      boolean normalized,
      String activation) {
    public Experts {
      gates = List.copyOf(gates);
      ups = List.copyOf(ups);
      downs = List.copyOf(downs);
    }
  }

  /** The sum of the chosen experts' results, each times what it counts. */
  public static NDArray experts(NDManager scope, NDArray x, Experts experts, Product product) {
    return EXPERTS.tensor(
        scope,
        x,
        experts.router(),
        experts.gates(),
        experts.ups(),
        experts.downs(),
        experts.perToken(),
        experts.normalized(),
        experts.activation(),
        product == Product.ONEDNN);
  }

  /** The gradient of x, also by way of the router. */
  public static NDArray expertsVjp(
      NDManager scope, NDArray gy, NDArray x, Experts experts, Product product) {
    return EXPERTS_VJP.tensor(
        scope,
        gy,
        x,
        experts.router(),
        experts.gates(),
        experts.ups(),
        experts.downs(),
        experts.perToken(),
        experts.normalized(),
        experts.activation(),
        product == Product.ONEDNN);
  }
}
