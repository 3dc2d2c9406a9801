package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Attention and MLP, joined to the residual stream in one of the ways of {@link Residual}. */
sealed interface DecoderLayer permits SequentialLayer, NormLastLayer, ParallelLayer {

  /**
   * @param x the layer's input [tokens, hidden]
   * @param middle the wanted rows of the residual stream between attention and MLP; those of x
   *     where they are parallel
   * @param result of the wanted rows; empty if only what the backward pass needs was computed
   */
  record Saved(
      NDArray x,
      AttentionBlock.Saved attention,
      NDArray middle,
      MlpBlock.Saved mlp,
      Optional<NDArray> result) {
    NDArray output() {
      return result.orElseThrow();
    }
  }

  AttentionBlock attention();

  MlpBlock mlp();

  /**
   * @param x [tokens, hidden]
   * @param attend attention, computed in one way or another
   */
  Saved forward(Pass pass, NDArray x, Function<NDArray, AttentionBlock.Saved> attend);

  /**
   * What the backward pass needs, with what was kept of it.
   *
   * @param x [tokens, hidden]
   */
  Saved again(Pass pass, NDArray x, Kept kept);

  /** Whether the backward pass, or what leads to it, reads what attention gives. */
  boolean readsAttentionResult();

  /** Whether the backward pass reads what the MLP gives. */
  boolean readsMlpResult();

  /** As {@link Linear#backward}; gy of the wanted rows, the result of all. */
  Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry);

  /** Every document attends to itself; x [tokens, hidden]. */
  default Saved forward(Pass pass, NDArray x) {
    return forward(pass, x, n -> attention().forward(pass, n));
  }

  /** One new position for each row; x [rows, hidden]. */
  default NDArray forwardCached(Pass pass, NDArray x, KvCache.Layer cache) {
    return forward(pass, x, n -> attention().forwardCached(pass, n, cache)).output();
  }

  /** What {@link #again} is to find of a forward pass. */
  default Kept kept(Saved saved, Checkpointing checkpointing) {
    Map<String, NDArray> products = new HashMap<>();
    if (checkpointing == Checkpointing.KEEP_PRODUCTS) {
      put(products, attention().ins().linears(), saved.attention().ins().linears());
      mlp().keep(saved.mlp(), readsMlpResult(), products);
      if (readsAttentionResult()) {
        products.put(attention().out().module(), saved.attention().output());
      }
    }
    return new Kept(saved.attention().core().orElseThrow().mixed(), products);
  }

  private static void put(
      Map<String, NDArray> products, List<Linear> linears, List<Linear.Saved> saved) {
    for (int i = 0; i < linears.size(); i++) {
      products.put(linears.get(i).module(), saved.get(i).output());
    }
  }

  /** Those around attention and MLP. */
  List<Norm> norms();

  default boolean isAdapted(Pass pass) {
    return attention().isAdapted(pass)
        || mlp().isAdapted(pass)
        || norms().stream().anyMatch(norm -> norm.isTrained(pass));
  }
}
