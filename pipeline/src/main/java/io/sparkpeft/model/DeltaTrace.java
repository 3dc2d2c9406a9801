package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LowRankPath;
import java.util.Optional;

/** What a delta's forward pass leaves for its gradients. */
sealed interface DeltaTrace {

  /** Of {@link LowRankLinear}. */
  record LowRank(LowRankPath path, LowRankPath.Saved saved) implements DeltaTrace {}

  /**
   * Of {@link DecomposedLinear}.
   *
   * @param input after dropout [rows, in]
   * @param dropped which inputs dropout made zero, if any
   * @param inner input A^T [rows, r]
   * @param direction input V^T [rows, out]
   */
  record Decomposed(NDArray input, Optional<int[]> dropped, NDArray inner, NDArray direction)
      implements DeltaTrace {}

  /**
   * Of {@link WholeLinear} and {@link TokenRowsLinear}.
   *
   * @param x [rows, in]
   */
  record Input(NDArray x) implements DeltaTrace {}

  /**
   * Of {@link ScaledInputLinear} and {@link ScaledOutputLinear}.
   *
   * @param before what was multiplied [rows, features]
   */
  record Scaled(NDArray before) implements DeltaTrace {}

  /**
   * Of {@link BottleneckLinear}.
   *
   * @param input of the narrow network, after dropout
   * @param dropped which of its inputs dropout made zero, if any
   * @param inner before its activation [rows, size]
   */
  record Bottleneck(NDArray input, Optional<int[]> dropped, NDArray inner) implements DeltaTrace {}
}
