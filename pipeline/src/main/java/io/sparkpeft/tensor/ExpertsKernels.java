package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/experts.py}. Tokens x [N, hidden], of which each is computed by k of E experts,
 * one expert at a time.
 */
public final class ExpertsKernels {
  private static final Kernel ROUTING = new Kernel("expert_routing");
  private static final Kernel EXPERT_ONTO = new Kernel("expert_onto_");
  private static final Kernel EXPERT_VJP_ONTO = new Kernel("expert_vjp_onto_");
  private static final Kernel ROUTING_VJP_ONTO = new Kernel("expert_routing_vjp_onto_");

  private ExpertsKernels() {}

  /**
   * Which experts compute which tokens.
   *
   * @param probabilities the router's, of all experts [N, E], fp32
   * @param top those of the chosen [N, k]
   * @param chosen which these are [N, k], int64
   * @param shares what each counts for the token [N, k]
   * @param tokens how many each expert computes [E], int64
   */
  public record Routing(
      NDArray probabilities, NDArray top, NDArray chosen, NDArray shares, NDArray tokens) {}

  /**
   * One network.
   *
   * @param number among the experts
   * @param gate [intermediate, hidden]
   * @param up of the same shape
   * @param down [hidden, intermediate]
   * @param activation as in {@link MlpKernels}
   */
  public record Expert(int number, NDArray gate, NDArray up, NDArray down, String activation) {}

  /**
   * @param router [E, hidden]
   * @param perToken how many experts compute a token
   * @param normalized whether what these count for a token sums to one
   */
  public static Routing routing(
      NDManager scope, NDArray x, NDArray router, long perToken, boolean normalized) {
    List<NDArray> parts = ROUTING.tensors(scope, x, router, perToken, normalized);
    return new Routing(parts.get(0), parts.get(1), parts.get(2), parts.get(3), parts.get(4));
  }

  /** Adds to y [N, hidden] what an expert makes of its tokens, times what it counts for them. */
  public static void addTo(NDArray y, NDArray x, Routing routing, Expert expert, Product product) {
    EXPERT_ONTO
        .tensor(
            y.getManager(),
            y,
            x,
            routing.chosen(),
            routing.shares(),
            expert.number(),
            expert.gate(),
            expert.up(),
            expert.down(),
            expert.activation(),
            product == Product.ONEDNN)
        .close();
  }

  /**
   * Adds the gradient of x by way of an expert.
   *
   * @param gx [N, hidden]
   * @param gshares [N, k], fp32; takes the gradient of what the expert counts
   * @param gy [N, hidden]
   */
  public static void addVjpTo(
      NDArray gx,
      NDArray gshares,
      NDArray gy,
      NDArray x,
      Routing routing,
      Expert expert,
      Product product) {
    EXPERT_VJP_ONTO
        .tensor(
            gx.getManager(),
            gx,
            gshares,
            gy,
            x,
            routing.chosen(),
            routing.shares(),
            expert.number(),
            expert.gate(),
            expert.up(),
            expert.down(),
            expert.activation(),
            product == Product.ONEDNN)
        .close();
  }

  /**
   * Adds the gradient of x by way of what chooses.
   *
   * @param gshares [N, k], complete
   */
  public static void addRoutingVjpTo(
      NDArray gx, NDArray gshares, Routing routing, NDArray router, boolean normalized) {
    ROUTING_VJP_ONTO
        .tensor(
            gx.getManager(),
            gx,
            gshares,
            routing.probabilities(),
            routing.top(),
            routing.chosen(),
            routing.shares(),
            router,
            normalized)
        .close();
  }
}
