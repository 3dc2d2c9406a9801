package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@code kernels/dropout.py}. */
public final class DropoutKernels {
  private static final Kernel DROPOUT = new Kernel("dropout");
  private static final Kernel EMPTY_MASK = new Kernel("empty_mask");

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

  /**
   * A mask of given bytes, 1 to keep and 0 to drop.
   *
   * @param like a tensor on the mask's device
   * @param mask row-major [rows, features]
   */
  public static NDArray mask(NDManager scope, NDArray like, byte[] mask, long rows, long features) {
    NDArray tensor = EMPTY_MASK.tensor(scope, like, rows, features);
    if (tensor.getDevice().isGpu()) {
      tensor.set(java.nio.ByteBuffer.wrap(mask));
    } else {
      Tensors.memory(tensor).put(mask);
    }
    return tensor;
  }
}
