package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import java.util.function.Function;

/** Attention and MLP, joined to the residual stream in one of the ways of {@link Residual}. */
sealed interface DecoderLayer permits SequentialLayer, NormLastLayer, ParallelLayer {

  /**
   * @param x the layer's input [tokens, hidden]
   * @param middle the residual stream between attention and MLP; x where they are parallel
   */
  record Saved(
      NDArray x,
      AttentionBlock.Saved attention,
      NDArray middle,
      MlpBlock.Saved mlp,
      NDArray output) {}

  AttentionBlock attention();

  MlpBlock mlp();

  /**
   * @param x [tokens, hidden]
   * @param attend attention, computed in one way or another
   */
  Saved forward(Pass pass, NDArray x, Function<NDArray, AttentionBlock.Saved> attend);

  /** As {@link Linear#backward}. */
  Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry);

  /** Every document attends to itself; x [tokens, hidden]. */
  default Saved forward(Pass pass, NDArray x) {
    return forward(pass, x, n -> attention().forward(pass, n));
  }

  /** One new position for each row; x [rows, hidden]. */
  default NDArray forwardCached(Pass pass, NDArray x, KvCache.Layer cache) {
    return forward(pass, x, n -> attention().forwardCached(pass, n, cache)).output();
  }

  default boolean isAdapted(Pass pass) {
    return attention().isAdapted(pass) || mlp().isAdapted(pass);
  }
}
