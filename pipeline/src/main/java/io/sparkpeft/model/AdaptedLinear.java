package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LinearDelta;
import io.sparkpeft.adapter.LowRankDelta;
import java.util.Optional;

/** A linear layer computed with one kind of delta. */
sealed interface AdaptedLinear permits LowRankLinear {

  static AdaptedLinear of(Linear linear, LinearDelta delta) {
    return new LowRankLinear(linear, (LowRankDelta) delta);
  }

  /** x [rows, in]. */
  Linear.Saved forward(Pass pass, NDArray x);

  /** What {@link #forward} saves beside its output, without the cost of that. */
  DeltaTrace again(Pass pass, NDArray x);

  /** As {@link Linear#backward}. */
  Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry);
}
