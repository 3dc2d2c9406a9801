package io.sparkpeft.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;

/** Cuts an adapter's flat gradient into its tensors. */
final class Gradients {
  private Gradients() {}

  /** The gradient of one tensor, fp32 and of its shape, in a scope's memory. */
  static NDArray of(NDManager scope, float[] gradient, AdapterParameter parameter) {
    int from = parameter.offset();
    float[] own = Arrays.copyOfRange(gradient, from, from + parameter.size());
    return Tensors.fromFloats(scope, own, parameter.value().getShape().getShape());
  }
}
