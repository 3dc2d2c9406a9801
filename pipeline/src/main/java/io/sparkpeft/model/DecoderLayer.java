package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import java.util.Optional;
import java.util.function.Function;

/** Attention and MLP, joined to the residual stream in one of the ways of {@link Residual}. */
sealed interface DecoderLayer permits SequentialLayer, NormLastLayer, ParallelLayer {

  /**
   * @param x the layer's input [tokens, hidden]
   * @param middle the residual stream between attention and MLP; x where they are parallel
   * @param result empty if only what the backward pass needs was computed
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
   * @param feed the MLP, computed with its result or without
   */
  Saved forward(
      Pass pass,
      NDArray x,
      Function<NDArray, AttentionBlock.Saved> attend,
      Function<NDArray, MlpBlock.Saved> feed);

  /** Whether the backward pass reads what the MLP gives. */
  boolean readsMlpResult();

  /** As {@link Linear#backward}. */
  Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry);

  /** Every document attends to itself; x [tokens, hidden]. */
  default Saved forward(Pass pass, NDArray x) {
    return forward(pass, x, n -> attention().forward(pass, n), n -> mlp().forward(pass, n));
  }

  /**
   * What the backward pass needs, computed a second time: all of the forward pass but attention
   * itself, whose result was kept, and the last product, which nobody reads.
   */
  default Saved again(Pass pass, NDArray x, Mixed mixed) {
    return forward(
        pass,
        x,
        n -> attention().again(pass, n, mixed),
        n -> readsMlpResult() ? mlp().forward(pass, n) : mlp().again(pass, n));
  }

  /** One new position for each row; x [rows, hidden]. */
  default NDArray forwardCached(Pass pass, NDArray x, KvCache.Layer cache) {
    return forward(
            pass, x, n -> attention().forwardCached(pass, n, cache), n -> mlp().forward(pass, n))
        .output();
  }

  default boolean isAdapted(Pass pass) {
    return attention().isAdapted(pass) || mlp().isAdapted(pass);
  }
}
