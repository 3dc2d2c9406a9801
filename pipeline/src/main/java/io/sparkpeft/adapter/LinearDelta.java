package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** What an adapter does to one linear layer of its base. */
public sealed interface LinearDelta permits LowRankDelta {

  /**
   * The layer's weight with the delta in it, computed in fp32 and rounded once to the weight's
   * type.
   *
   * @param weight fp32, bf16 or fp16 [out, in], or [in, out] if fanInFanOut
   * @return in the given manager
   */
  NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut);
}
