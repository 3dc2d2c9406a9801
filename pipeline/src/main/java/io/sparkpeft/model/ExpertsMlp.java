package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.ExpertsKernels;
import io.sparkpeft.tensor.ExpertsKernels.Routing;
import io.sparkpeft.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A mixture of experts, all frozen, and what the pass's adapter does to them. Its backward pass
 * reads nothing but the input: what experts compute is computed again where a gradient is wanted,
 * whatever else is kept. Experts in four bits are expanded one after another into one place, those
 * that have tokens alone.
 *
 * @param router chooses among them, [experts, hidden]
 * @param perToken how many experts compute a token
 * @param normalized whether what these count for a token sums to one
 * @param paths by which adapters know these weights
 */
record ExpertsMlp(
    FrozenWeight router,
    List<Expert> experts,
    int perToken,
    boolean normalized,
    Activation activation,
    AdaptedExperts.Paths paths)
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
    boolean isMixed = pass.isMixedWhere(this::isAdapted);
    return new Saved(n, Optional.of(isMixed ? pass.byAdapter(n, this::output) : output(pass, n)));
  }

  private NDArray output(Pass pass, NDArray n) {
    AdaptedExperts adapted = adapted(pass);
    Routing routing = adapted.routing(pass, n);
    NDArray y = Tensors.zeros(pass.scope(), Tensors.dtype(n), n.getShape().getShape());
    for (int expert : withTokens(routing)) {
      adapted.addTo(y, pass, n, routing, expert);
    }
    return y;
  }

  private AdaptedExperts adapted(Pass pass) {
    return AdaptedExperts.of(this, pass.adapter());
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
    if (!carry && !isAdapted(pass)) {
      return List.of();
    }
    NDArray gn = adapted(pass).backward(pass, gy, ((Saved) saved).n(), carry);
    return carry ? List.of(gn) : List.of();
  }

  static int[] withTokens(Routing routing) {
    long[] tokens = routing.tokens().toLongArray();
    return IntStream.range(0, tokens.length).filter(expert -> tokens[expert] > 0).toArray();
  }

  ExpertsKernels.Expert expanded(Pass pass, int expert) {
    return experts.get(expert).expanded(expert, pass.workspace(), activation);
  }

  @Override
  public boolean isAdapted(Pass pass) {
    return adapted(pass).isAny();
  }
}
