package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;

/**
 * LoRA's addition to one linear layer: y = W x + scaling * B (A dropout(x)). (Hu et al. 2021,
 * arXiv:2106.09685, equation 3.)
 *
 * @param a A, fp32 [r, in]
 * @param b B, fp32 [out, r]
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param dropout the probability of dropping an input element while training
 */
public record LowRankDelta(DeltaTensor a, DeltaTensor b, double scaling, double dropout)
    implements LinearDelta {

  @Override
  public NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut) {
    NDArray a = this.a.value();
    NDArray b = this.b.value();
    try (NDManager scope = manager.newSubManager()) {
      NDArray product =
          fanInFanOut
              ? Tensors.matmul(scope, a.transpose(), b.transpose()) // [in, out]
              : Tensors.matmul(scope, b, a); // [out, in]
      return Tensors.addScaled(manager, weight, product, scaling);
    }
  }
}
