package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.DecompositionKernels;
import java.util.List;

/**
 * The factors of a matrix B A of low rank.
 *
 * @param a fp32 [r, in]
 * @param b fp32 [out, r]
 */
public record LowRankPair(NDArray a, NDArray b) {

  /** The factors of this matrix minus another, in the given manager: [A; A'] and [B, -B']. */
  LowRankPair minus(NDManager manager, LowRankPair other) {
    List<NDArray> joined = DecompositionKernels.difference(manager, a, b, other.a(), other.b());
    return new LowRankPair(joined.get(0), joined.get(1));
  }
}
