package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.DeltaTensor;

/** Takes the gradients of an adapter as the backward pass finds them. */
@FunctionalInterface
interface GradientSink {
  /** For passes without a backward half. */
  GradientSink NONE =
      (of, gradient) -> {
        throw new IllegalStateException("no gradient was asked for, yet " + of + " has one");
      };

  /**
   * Adds to the gradient of a tensor.
   *
   * @param gradient fp32, of the tensor's shape
   */
  void add(DeltaTensor of, NDArray gradient);
}
