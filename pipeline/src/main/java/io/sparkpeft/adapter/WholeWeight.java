package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;

/**
 * A linear layer whose weight is trained whole, in place of the base's: PEFT's modules_to_save.
 *
 * @param weight fp32 [out, in], or [in, out] if fanInFanOut
 */
public record WholeWeight(DeltaTensor weight, boolean fanInFanOut) implements LinearDelta {

  @Override
  public NDArray merged(NDManager manager, NDArray before, boolean fanInFanOut) {
    return Tensors.cast(manager, weight.value(), Tensors.dtype(before));
  }
}
