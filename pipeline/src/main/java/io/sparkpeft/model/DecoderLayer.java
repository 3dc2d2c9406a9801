package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** Attention, then the feed-forward part, each added to the residual stream. */
record DecoderLayer(AttentionBlock attention, MlpBlock mlp) {

  record Saved(AttentionBlock.Saved attention, MlpBlock.Saved mlp) {
    NDArray output() {
      return mlp.output();
    }
  }

  /** x [rows columns, hidden]. */
  Saved forward(Pass pass, NDArray x) {
    AttentionBlock.Saved first = attention.forward(pass, x);
    return new Saved(first, mlp.forward(pass, first.output()));
  }

  /** One new position for each row; x [rows, hidden], positions int64 [rows]. */
  NDArray forwardCached(Pass pass, NDArray x, KvCache.Layer cache, NDArray positions) {
    NDArray middle = attention.forwardCached(pass, x, cache, positions);
    return mlp.forward(pass, middle).output();
  }

  /** As {@link Linear#backward}. */
  Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean below = carry || attention.isAdapted(pass);
    return mlp.backward(pass, gy, saved.mlp(), below)
        .flatMap(g -> attention.backward(pass, g, saved.attention(), carry));
  }

  boolean isAdapted(Pass pass) {
    return attention.isAdapted(pass) || mlp.isAdapted(pass);
  }
}
