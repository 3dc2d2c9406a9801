package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;

/** Takes the gradients of an adapter as the backward pass finds them. */
@FunctionalInterface
interface GradientSink {
  /** For passes without a backward half. */
  GradientSink NONE =
      (module, a, b) -> {
        throw new IllegalStateException("no gradient was asked for, yet " + module + " has one");
      };

  /**
   * Adds to the gradients of a module's A and B.
   *
   * @param a fp32 [r, in]
   * @param b fp32 [out, r]
   */
  void add(String module, NDArray a, NDArray b);
}
