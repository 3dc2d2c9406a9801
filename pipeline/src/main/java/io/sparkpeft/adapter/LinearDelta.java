package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;

/** What an adapter does to one linear layer of its base. */
public sealed interface LinearDelta
    permits LowRankDelta, DecomposedDelta, WholeWeight, TokenRows, ScaleDelta, BottleneckDelta {

  /**
   * The layer's weight with the delta in it, computed in fp32 and rounded once to the weight's
   * type.
   *
   * @param weight fp32, bf16 or fp16 [out, in], or [in, out] if fanInFanOut
   * @return in the given manager
   */
  NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut);

  /** The layer's bias [out] with the delta in it, likewise; empty if it stays as it is. */
  default Optional<NDArray> mergedBias(NDManager manager, NDArray before) {
    return Optional.empty();
  }

  /** Whether {@link #mergedBias} gives anything. */
  default boolean changesBias() {
    return false;
  }

  /** Whether it gives something even where there was no bias before, which no weights can hold. */
  default boolean needsBias() {
    return changesBias();
  }
}
