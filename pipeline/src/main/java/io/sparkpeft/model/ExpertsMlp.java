package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.ExpertsKernels;
import io.sparkpeft.tensor.ExpertsKernels.Routing;
import io.sparkpeft.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A mixture of experts, all frozen. Its backward pass reads nothing but the input: what experts
 * compute is computed again where a gradient is wanted, whatever else is kept. Experts in four bits
 * are expanded one after another into one place, those that have tokens alone.
 *
 * @param router chooses among them, [experts, hidden]
 * @param perToken how many experts compute a token
 * @param normalized whether what these count for a token sums to one
 */
record ExpertsMlp(
    FrozenWeight router,
    List<Expert> experts,
    int perToken,
    boolean normalized,
    Activation activation)
    implements MlpBlock {

  ExpertsMlp {
    experts = List.copyOf(experts);
  }

  /**
   * One network.
   *
   * @param gate [intermediate, hidden]
   * @param up of the same shape
   * @param down [hidden, intermediate]
   */
  record Expert(FrozenWeight gate, FrozenWeight up, FrozenWeight down) {
    ExpertsKernels.Expert expanded(int number, Workspace workspace, Activation activation) {
      return new ExpertsKernels.Expert(
          number,
          gate.expanded(workspace),
          up.expanded(workspace),
          down.expanded(workspace),
          activation.kernel());
    }
  }

  /**
   * @param n [rows, hidden]
   */
  record Saved(NDArray n, Optional<NDArray> result) implements MlpBlock.Saved {}

  @Override
  public Saved forward(Pass pass, NDArray n) {
    Routing routing = routing(pass, n);
    NDArray y = zerosLike(pass, n);
    for (int expert : withTokens(routing)) {
      ExpertsKernels.addTo(y, n, routing, expanded(pass, expert), pass.product());
    }
    return new Saved(n, Optional.of(y));
  }

  @Override
  public Saved again(Pass pass, NDArray n, Kept kept, boolean isResultRead) {
    return isResultRead ? forward(pass, n) : new Saved(n, Optional.empty());
  }

  @Override
  public void keep(MlpBlock.Saved saved, boolean isResultRead, Map<String, NDArray> products) {
    // What is kept for the backward pass is the input, which is made again anyway.
  }

  @Override
  public boolean isResultKept(Kept kept) {
    return false;
  }

  @Override
  public List<NDArray> backward(Pass pass, NDArray gy, MlpBlock.Saved saved, boolean carry) {
    return carry ? List.of(inputVjp(pass, gy, ((Saved) saved).n())) : List.of();
  }

  /** gy and n [rows, hidden], and so is the result. */
  private NDArray inputVjp(Pass pass, NDArray gy, NDArray n) {
    Routing routing = routing(pass, n);
    NDArray gn = zerosLike(pass, n);
    NDArray gshares =
        Tensors.zeros(pass.scope(), Dtype.FLOAT32, routing.shares().getShape().getShape());
    for (int expert : withTokens(routing)) {
      ExpertsKernels.addVjpTo(gn, gshares, gy, n, routing, expanded(pass, expert), pass.product());
    }
    ExpertsKernels.addRoutingVjpTo(
        gn, gshares, routing, router.expanded(pass.workspace()), normalized);
    return gn;
  }

  private Routing routing(Pass pass, NDArray n) {
    return ExpertsKernels.routing(
        pass.scope(), n, router.expanded(pass.workspace()), perToken, normalized);
  }

  private static NDArray zerosLike(Pass pass, NDArray n) {
    return Tensors.zeros(pass.scope(), Tensors.dtype(n), n.getShape().getShape());
  }

  private static int[] withTokens(Routing routing) {
    long[] tokens = routing.tokens().toLongArray();
    return IntStream.range(0, tokens.length).filter(expert -> tokens[expert] > 0).toArray();
  }

  private ExpertsKernels.Expert expanded(Pass pass, int expert) {
    return experts.get(expert).expanded(expert, pass.workspace(), activation);
  }

  @Override
  public boolean isAdapted(Pass pass) {
    return false;
  }
}
