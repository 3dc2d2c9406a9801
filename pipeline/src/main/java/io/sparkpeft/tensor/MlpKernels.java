package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/mlp.py}. */
public final class MlpKernels {
  private static final Kernel SWIGLU = new Kernel("swiglu");
  private static final Kernel SWIGLU_VJP = new Kernel("swiglu_vjp");

  private MlpKernels() {}

  /** silu(gate) up. */
  public static NDArray swiglu(NDManager scope, NDArray gate, NDArray up) {
    return SWIGLU.tensor(scope, gate, up);
  }

  /** The gradients of gate and up. */
  public static List<NDArray> swigluVjp(NDManager scope, NDArray gy, NDArray gate, NDArray up) {
    return SWIGLU_VJP.tensors(scope, gy, gate, up);
  }
}
