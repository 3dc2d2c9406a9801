package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AttentionKernels;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;

/**
 * The first half of a layer: x + out(attention(q(n), k(n), v(n))) with n = norm(x).
 *
 * @param headDim features of one head
 */
record AttentionBlock(Norm norm, Linear query, Linear key, Linear value, Linear out, int headDim) {

  /** Query positions that are computed together, against all keys before them. */
  private static final int BLOCK = 128;

  /**
   * @param x the block's input
   * @param heads queries and keys, rotated, and values
   * @param mixed the result of attention
   * @param output x and what the block adds to it
   */
  record Saved(
      NDArray x,
      Linear.Saved query,
      Linear.Saved key,
      Linear.Saved value,
      Heads heads,
      Mixed mixed,
      Linear.Saved out,
      NDArray output) {}

  /** x [tokens, hidden]. */
  Saved forward(Pass pass, NDArray x) {
    NDArray normed = norm.forward(pass, x);
    Linear.Saved q = query.forward(pass, normed);
    Linear.Saved k = key.forward(pass, normed);
    Linear.Saved v = value.forward(pass, normed);
    Heads heads =
        AttentionKernels.heads(
            pass.scope(),
            q.output(),
            k.output(),
            v.output(),
            pass.rotary().cos(),
            pass.rotary().sin(),
            headDim);
    Mixed mixed =
        AttentionKernels.attention(pass.scope(), heads, pass.documents().lengths(), form());
    Linear.Saved o = out.forward(pass, mixed.y());
    NDArray y = LinearKernels.addInPlace(pass.scope(), o.output(), x);
    return new Saved(x, q, k, v, heads, mixed, o, y);
  }

  private Form form() {
    return new Form(1 / Math.sqrt(headDim), BLOCK);
  }

  /**
   * One new position for each row.
   *
   * @param x [rows, hidden]
   * @param cache of this layer; receives the new keys and values
   * @param positions int64 [rows]
   */
  NDArray forwardCached(Pass pass, NDArray x, KvCache.Layer cache, NDArray positions) {
    NDArray normed = norm.forward(pass, x);
    NDArray mixed =
        AttentionKernels.cachedAttention(
            pass.scope(),
            query.forward(pass, normed).output(),
            key.forward(pass, normed).output(),
            value.forward(pass, normed).output(),
            cache.keys(),
            cache.values(),
            positions,
            pass.rotary().cos(),
            pass.rotary().sin());
    return LinearKernels.addInPlace(pass.scope(), out.forward(pass, mixed).output(), x);
  }

  /** As {@link Linear#backward}; the gradient includes what passes around the block. */
  Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean below = carry || isAdaptedBelowOut(pass);
    Optional<NDArray> gMixed = out.backward(pass, gy, saved.out(), below);
    if (gMixed.isEmpty()) {
      return Optional.empty();
    }
    Heads gHeads =
        AttentionKernels.attentionVjp(
            pass.scope(),
            gMixed.get(),
            saved.mixed(),
            saved.heads(),
            pass.documents().lengths(),
            form());
    List<NDArray> g =
        AttentionKernels.headsVjp(pass.scope(), gHeads, pass.rotary().cos(), pass.rotary().sin());
    Optional<NDArray> gQuery = query.backward(pass, g.get(0), saved.query(), carry);
    Optional<NDArray> gKey = key.backward(pass, g.get(1), saved.key(), carry);
    Optional<NDArray> gValue = value.backward(pass, g.get(2), saved.value(), carry);
    if (!carry) {
      return Optional.empty();
    }
    List<NDArray> gNormed = List.of(gQuery.orElseThrow(), gKey.orElseThrow(), gValue.orElseThrow());
    return Optional.of(norm.backward(pass, gNormed, saved.x(), gy));
  }

  boolean isAdapted(Pass pass) {
    return out.isAdapted(pass) || isAdaptedBelowOut(pass);
  }

  private boolean isAdaptedBelowOut(Pass pass) {
    return query.isAdapted(pass) || key.isAdapted(pass) || value.isAdapted(pass);
  }
}
