package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.BottleneckDelta;
import io.sparkpeft.adapter.DecomposedDelta;
import io.sparkpeft.adapter.LinearDelta;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.adapter.ScaleDelta;
import io.sparkpeft.adapter.ScaleDelta.Side;
import io.sparkpeft.adapter.TokenRows;
import io.sparkpeft.adapter.WholeWeight;
import java.util.Optional;

/** A linear layer computed with one kind of delta. */
sealed interface AdaptedLinear
    permits LowRankLinear,
        DecomposedLinear,
        WholeLinear,
        TokenRowsLinear,
        ScaledInputLinear,
        ScaledOutputLinear,
        BottleneckLinear {

  static AdaptedLinear of(Linear linear, LinearDelta delta) {
    if (delta instanceof LowRankDelta lowRank) {
      return new LowRankLinear(linear, lowRank);
    }
    if (delta instanceof DecomposedDelta decomposed) {
      return new DecomposedLinear(linear, decomposed);
    }
    if (delta instanceof WholeWeight whole) {
      return new WholeLinear(linear, whole);
    }
    if (delta instanceof ScaleDelta scale) {
      return scale.side() == Side.INPUTS
          ? new ScaledInputLinear(linear, scale)
          : new ScaledOutputLinear(linear, scale);
    }
    if (delta instanceof BottleneckDelta bottleneck) {
      return new BottleneckLinear(linear, bottleneck);
    }
    return new TokenRowsLinear(linear, (TokenRows) delta);
  }

  /** x [rows, in]. */
  Linear.Saved forward(Pass pass, NDArray x);

  /** What {@link #forward} saves beside its output, without the cost of that. */
  DeltaTrace again(Pass pass, NDArray x);

  /** As {@link Linear#backward}, but for the gradient of the layer's bias. */
  Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry);
}
