package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** What a delta's forward pass leaves for its gradients. */
sealed interface DeltaTrace {

  /**
   * Of {@link LowRankLinear}.
   *
   * @param input after dropout [rows, in]
   * @param mask of the dropout, if there was any
   * @param inner input A^T [rows, r]
   * @param scaling of what A and B add, dropout's included
   */
  record LowRank(NDArray input, Optional<NDArray> mask, NDArray inner, double scaling)
      implements DeltaTrace {}
}
