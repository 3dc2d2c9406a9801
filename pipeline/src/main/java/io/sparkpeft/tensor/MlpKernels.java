package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/mlp.py}. An activation is one of silu, gelu, tanh_gelu and relu. */
public final class MlpKernels {
  private static final Kernel ACTIVATION = new Kernel("activation");
  private static final Kernel ACTIVATION_VJP = new Kernel("activation_vjp");
  private static final Kernel GATED = new Kernel("gated");
  private static final Kernel GATED_VJP = new Kernel("gated_vjp");
  private static final Kernel FUSED_GATED = new Kernel("fused_gated");
  private static final Kernel FUSED_GATED_VJP = new Kernel("fused_gated_vjp");

  private MlpKernels() {}

  public static NDArray activation(NDManager scope, NDArray x, String activation) {
    return ACTIVATION.tensor(scope, x, activation);
  }

  public static NDArray activationVjp(NDManager scope, NDArray gy, NDArray x, String activation) {
    return ACTIVATION_VJP.tensor(scope, gy, x, activation);
  }

  /** activation(gate) up. */
  public static NDArray gated(NDManager scope, NDArray gate, NDArray up, String activation) {
    return GATED.tensor(scope, gate, up, activation);
  }

  /** The gradients of gate and up. */
  public static List<NDArray> gatedVjp(
      NDManager scope, NDArray gy, NDArray gate, NDArray up, String activation) {
    return GATED_VJP.tensors(scope, gy, gate, up, activation);
  }

  /** The same for gate and up side by side in x [rows, 2 features]. */
  public static NDArray fusedGated(NDManager scope, NDArray x, String activation) {
    return FUSED_GATED.tensor(scope, x, activation);
  }

  /** The gradient of x. */
  public static NDArray fusedGatedVjp(NDManager scope, NDArray gy, NDArray x, String activation) {
    return FUSED_GATED_VJP.tensor(scope, gy, x, activation);
  }
}
