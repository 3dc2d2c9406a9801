package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.DeltaTensor;
import io.sparkpeft.adapter.Derivation;
import io.sparkpeft.tensor.LinearKernels;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gathers the gradients of derived tensors, to take them back to the trained ones at the end. */
final class GatheredGradient implements GradientSink {
  private final NDManager scope;
  private final Map<String, NDArray> gradients = new LinkedHashMap<>();

  /**
   * @param scope of the whole pass, where they live
   */
  GatheredGradient(NDManager scope) {
    this.scope = scope;
  }

  @Override
  public void add(DeltaTensor of, NDArray gradient) {
    NDArray before = gradients.get(of.name());
    if (before == null) {
      gradient.attach(scope);
      gradients.put(of.name(), gradient);
    } else {
      LinearKernels.addInPlace(scope, before, gradient);
    }
  }

  void pullBack(Derivation derivation, GradientSink trained) {
    derivation.pullBack(scope, gradients, trained::add);
  }
}
