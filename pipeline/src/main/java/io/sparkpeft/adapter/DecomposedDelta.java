package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.DoraKernels;
import io.sparkpeft.tensor.Tensors;

/**
 * DoRA: a weight decomposed into the direction of its rows, which LoRA changes, and their
 * magnitude, which is trained: W' = m V / |V|, V = W + scaling B A, with the norm of each row taken
 * as a constant by the backward pass. (Liu et al. 2024, arXiv:2402.09353, equation 5 and section
 * 4.3.)
 *
 * @param direction what is added to W
 * @param magnitude m, fp32 [out]
 * @param norms |V|
 */
public record DecomposedDelta(LowRankDelta direction, DeltaTensor magnitude, RowNorms norms)
    implements LinearDelta {

  @Override
  public NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray wide = Tensors.cast(scope, weight, io.sparkpeft.tensor.Dtype.FLOAT32);
      NDArray v = direction.merged(scope, wide, fanInFanOut);
      return DoraKernels.merged(manager, v, magnitude.value(), weight, fanInFanOut);
    }
  }
}
