package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.adapter.LowRankPair;
import io.sparkpeft.tensor.LinearKernels;

/** Takes out of a frozen product what {@link LowRankDelta#removed} says, if it says anything. */
final class Removal {
  private Removal() {}

  /** y - scaling B' A' x, written into y. */
  static NDArray from(Pass pass, NDArray y, NDArray x, LowRankDelta delta) {
    if (delta.removed().isPresent()) {
      LowRankPair part = delta.removed().get();
      NDArray inner = LinearKernels.loraInner(pass.scope(), x, part.a());
      LinearKernels.addProduct(pass.scope(), y, inner, part.b().transpose(), -delta.scaling());
    }
    return y;
  }

  /** gx - scaling A'^T B'^T gy, written into gx. */
  static NDArray fromVjp(Pass pass, NDArray gx, NDArray gy, LowRankDelta delta) {
    if (delta.removed().isPresent()) {
      LowRankPair part = delta.removed().get();
      NDArray inner = LinearKernels.loraInner(pass.scope(), gy, part.b().transpose());
      LinearKernels.addProduct(pass.scope(), gx, inner, part.a(), -delta.scaling());
    }
    return gx;
  }
}
