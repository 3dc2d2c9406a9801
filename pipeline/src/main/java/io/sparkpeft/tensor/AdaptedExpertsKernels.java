package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.ExpertsKernels.Expert;
import io.sparkpeft.tensor.ExpertsKernels.Routing;
import java.util.List;
import java.util.Optional;

/**
 * {@code kernels/adapted_experts.py}. As {@link ExpertsKernels}, with a low-rank addition to each
 * expert's matrices and to the router's.
 */
public final class AdaptedExpertsKernels {
  private static final Kernel EXPERT_ONTO = new Kernel("adapted_expert_onto_");
  private static final Kernel EXPERT_VJP_ONTO = new Kernel("adapted_expert_vjp_onto_");
  private static final Kernel ROUTING = new Kernel("adapted_routing");
  private static final Kernel ROUTING_VJP_ONTO = new Kernel("adapted_routing_vjp_onto_");

  private static final Kernel PRODUCT = new Kernel("product_of_factors");

  private AdaptedExpertsKernels() {}

  /**
   * The factors of E matrices [out, in], of the same rank r, in PEFT's order.
   *
   * @param a fp32 [E r, in]; of matrix e the rows from e r on
   * @param b fp32 [out, r E]; of matrix e the columns e, E + e, 2 E + e and so on
   * @param scaling of their product
   */
  public record Pair(NDArray a, NDArray b, double scaling) {
    /** Tensors for the gradients of a and b, zeros in the manager. */
    public Gradients gradients(NDManager manager) {
      return new Gradients(zerosLike(manager, a), zerosLike(manager, b));
    }

    private static NDArray zerosLike(NDManager manager, NDArray like) {
      return Tensors.zeros(manager, Dtype.FLOAT32, like.getShape().getShape());
    }
  }

  /**
   * @param a fp32, as {@link Pair#a}
   * @param b fp32, as {@link Pair#b}
   */
  public record Gradients(NDArray a, NDArray b) {}

  /**
   * What is added to all experts of a layer.
   *
   * @param experts how many they are
   * @param ins to gate and up, which are one matrix [2 intermediate, hidden] here
   * @param outs to down
   */
  public record Pairs(int experts, Optional<Pair> ins, Optional<Pair> outs) {}

  /** As {@link ExpertsKernels#addTo}. */
  public static void addTo(
      NDArray y, NDArray x, Routing routing, Expert expert, Pairs pairs, Product product) {
    EXPERT_ONTO
        .tensor(
            y.getManager(),
            y,
            x,
            routing.chosen(),
            routing.shares(),
            expert.number(),
            pairs.experts(),
            expert.gate(),
            expert.up(),
            expert.down(),
            expert.activation(),
            product == Product.ONEDNN,
            list(pairs.ins()),
            scaling(pairs.ins()),
            list(pairs.outs()),
            scaling(pairs.outs()))
        .close();
  }

  /**
   * Where an expert's gradients go.
   *
   * @param x [N, hidden], added to if it is wanted
   * @param isOfXWanted whether it is
   * @param shares [N, k], fp32; takes the gradient of what the expert counts
   * @param ins present if those are adapted, and takes the expert's part; so does outs
   */
  public record Sums(
      NDArray x,
      boolean isOfXWanted,
      NDArray shares,
      Optional<Gradients> ins,
      Optional<Gradients> outs) {}

  /**
   * As {@link ExpertsKernels#addVjpTo}.
   *
   * @param gy [N, hidden]
   */
  public static void addVjpTo(
      Sums sums,
      NDArray gy,
      NDArray x,
      Routing routing,
      Expert expert,
      Pairs pairs,
      Product product) {
    EXPERT_VJP_ONTO
        .tensor(
            x.getManager(),
            sums.x(),
            sums.shares(),
            gy,
            x,
            routing.chosen(),
            routing.shares(),
            expert.number(),
            pairs.experts(),
            expert.gate(),
            expert.up(),
            expert.down(),
            expert.activation(),
            product == Product.ONEDNN,
            list(pairs.ins()),
            scaling(pairs.ins()),
            list(pairs.outs()),
            scaling(pairs.outs()),
            gradients(sums.ins()),
            gradients(sums.outs()),
            sums.isOfXWanted())
        .close();
  }

  /**
   * As {@link ExpertsKernels#routing}.
   *
   * @param pair of one matrix, the router's [E, hidden]
   */
  public static Routing routing(
      NDManager scope, NDArray x, NDArray router, Pair pair, long perToken, boolean normalized) {
    List<NDArray> parts =
        ROUTING.tensors(scope, x, router, perToken, normalized, pair.a(), pair.b(), pair.scaling());
    return new Routing(parts.get(0), parts.get(1), parts.get(2), parts.get(3), parts.get(4));
  }

  /**
   * The gradients of the router's pair; that of x by way of what chooses is added if it is wanted.
   *
   * @param sums with the gradient of what experts count, complete
   */
  public static Gradients addRoutingVjpTo(
      NDManager scope,
      Sums sums,
      Routing routing,
      NDArray x,
      NDArray router,
      Pair pair,
      boolean normalized) {
    List<NDArray> parts =
        ROUTING_VJP_ONTO.tensors(
            scope,
            sums.x(),
            sums.shares(),
            routing.probabilities(),
            routing.top(),
            routing.chosen(),
            routing.shares(),
            router,
            normalized,
            x,
            pair.a(),
            pair.b(),
            pair.scaling(),
            sums.isOfXWanted());
    return new Gradients(parts.get(0), parts.get(1));
  }

  /** Some rows of the product of a matrix's factors [rows, in], without the scaling; fp32. */
  public static NDArray product(
      NDManager scope, Pair pair, int matrix, int matrices, long from, long rows) {
    return PRODUCT.tensor(scope, List.of(pair.a(), pair.b()), matrix, matrices, from, from + rows);
  }

  private static List<NDArray> list(Optional<Pair> pair) {
    return pair.map(present -> List.of(present.a(), present.b())).orElse(List.of());
  }

  private static double scaling(Optional<Pair> pair) {
    return pair.map(Pair::scaling).orElse(0.0);
  }

  private static List<NDArray> gradients(Optional<Gradients> gradients) {
    return gradients.map(present -> List.of(present.a(), present.b())).orElse(List.of());
  }
}
