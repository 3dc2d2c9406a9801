package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.ScaleKernels;
import java.util.Optional;

/**
 * IA3's change to one linear layer: its inputs, W (l x), or its outputs with the bias, l (W x + b),
 * are multiplied feature by feature. (Liu et al. 2022, arXiv:2205.05638.)
 *
 * @param factors l, fp32 [1, in] for inputs, [out, 1] for outputs
 */
public record ScaleDelta(DeltaTensor factors, Side side) implements LinearDelta {

  /** What is multiplied. */
  public enum Side {
    INPUTS,
    OUTPUTS
  }

  @Override
  public NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut) {
    NDArray l = factors.value();
    return ScaleKernels.scaledWeight(manager, weight, fanInFanOut ? l.transpose() : l);
  }

  @Override
  public Optional<NDArray> mergedBias(NDManager manager, NDArray before) {
    NDArray l = factors.value().reshape(before.getShape());
    return Optional.of(ScaleKernels.scaledWeight(manager, before, l));
  }

  @Override
  public boolean changesBias() {
    return side == Side.OUTPUTS;
  }

  @Override
  public boolean needsBias() {
    return false;
  }
}
