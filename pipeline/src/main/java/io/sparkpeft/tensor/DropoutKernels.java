package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@code kernels/dropout.py}. */
public final class DropoutKernels {
  private static final Kernel DROPOUT = new Kernel("dropout");

  private DropoutKernels() {}

  /**
   * x mask. What is kept is not scaled up: whoever reads it divides by the share that is kept.
   *
   * @param mask uint8, of x's shape: 1 keeps, 0 drops
   */
  public static NDArray dropout(NDManager scope, NDArray x, NDArray mask) {
    return DROPOUT.tensor(scope, x, mask);
  }
}
