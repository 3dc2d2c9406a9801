package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@code kernels/dropout.py}. */
public final class DropoutKernels {
  private static final Kernel DROPOUT = new Kernel("dropout");

  private DropoutKernels() {}

  /**
   * x mask / keep.
   *
   * @param mask bool, of x's shape
   * @param keep the probability of keeping an element
   */
  public static NDArray dropout(NDManager scope, NDArray x, NDArray mask, double keep) {
    return DROPOUT.tensor(scope, x, mask, keep);
  }
}
