package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import java.util.Optional;

/**
 * LoRA's addition to one linear layer: y = W x + scaling * (B (A dropout(x)) + bias). (Hu et al.
 * 2021, arXiv:2106.09685, equation 3.)
 *
 * <p>Where A and B began as a part of W, that part is taken out of it: y = (W - scaling B' A') x +
 * scaling * B (A dropout(x)). W itself stays as it is, for others to use.
 *
 * @param a A, fp32 [r, in]
 * @param b B, fp32 [out, r]
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param dropout the probability of dropping an input element while training
 * @param bias fp32 [out]; PEFT's lora_bias
 * @param removed B' and A', frozen
 */
public record LowRankDelta(
    DeltaTensor a,
    DeltaTensor b,
    double scaling,
    double dropout,
    Optional<DeltaTensor> bias,
    Optional<LowRankPair> removed)
    implements LinearDelta {

  /** With neither bias nor anything taken out of W. */
  public LowRankDelta(DeltaTensor a, DeltaTensor b, double scaling, double dropout) {
    this(a, b, scaling, dropout, Optional.empty(), Optional.empty());
  }

  /** All that is added to W, over the scaling; what it makes lives in the manager. */
  LowRankPair change(NDManager manager) {
    LowRankPair trained = new LowRankPair(a.value(), b.value());
    return removed.map(part -> trained.minus(manager, part)).orElse(trained);
  }

  @Override
  public NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut) {
    try (NDManager scope = manager.newSubManager()) {
      LowRankPair change = change(scope);
      NDArray product =
          fanInFanOut
              ? Tensors.matmul(scope, change.a().transpose(), change.b().transpose()) // [in, out]
              : Tensors.matmul(scope, change.b(), change.a()); // [out, in]
      return Tensors.addScaled(manager, weight, product, scaling);
    }
  }

  @Override
  public Optional<NDArray> mergedBias(NDManager manager, NDArray before) {
    return bias.map(added -> Tensors.addScaled(manager, before, added.value(), scaling));
  }

  @Override
  public boolean changesBias() {
    return bias.isPresent();
  }
}
