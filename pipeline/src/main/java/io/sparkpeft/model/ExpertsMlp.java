package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.ExpertsKernels;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A mixture of experts, all frozen. Its backward pass reads nothing but the input: what experts
 * compute is computed again where a gradient is wanted, whatever else is kept.
 */
record ExpertsMlp(ExpertsKernels.Experts experts) implements MlpBlock {

  /**
   * @param n [rows, hidden]
   */
  record Saved(NDArray n, Optional<NDArray> result) implements MlpBlock.Saved {}

  @Override
  public Saved forward(Pass pass, NDArray n) {
    return new Saved(
        n, Optional.of(ExpertsKernels.experts(pass.scope(), n, experts, pass.product())));
  }

  @Override
  public Saved again(Pass pass, NDArray n, Kept kept, boolean isResultRead) {
    return isResultRead ? forward(pass, n) : new Saved(n, Optional.empty());
  }

  @Override
  public void keep(MlpBlock.Saved saved, boolean isResultRead, Map<String, NDArray> products) {
    // What is kept for the backward pass is the input, which is made again anyway.
  }

  @Override
  public boolean isResultKept(Kept kept) {
    return false;
  }

  @Override
  public List<NDArray> backward(Pass pass, NDArray gy, MlpBlock.Saved saved, boolean carry) {
    return carry
        ? List.of(
            ExpertsKernels.expertsVjp(
                pass.scope(), gy, ((Saved) saved).n(), experts, pass.product()))
        : List.of();
  }

  @Override
  public boolean isAdapted(Pass pass) {
    return false;
  }
}
