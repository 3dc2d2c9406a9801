package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/bottleneck.py}. x [rows, from], down [size, from] and up [to, size] in fp32, z
 * [rows, to]. An activation is one of {@link MlpKernels}', or tanh.
 */
public final class BottleneckKernels {
  private static final Kernel INNER = new Kernel("bottleneck_inner");
  private static final Kernel OUTER = new Kernel("bottleneck_outer");
  private static final Kernel VJP = new Kernel("bottleneck_vjp");

  private BottleneckKernels() {}

  /**
   * How it is computed beside its matrices.
   *
   * @param keep the share of x that dropout kept, which makes up for the rest
   * @param scaling of the result
   */
  public record Form(String activation, double keep, double scaling) {}

  /** u = x down^T / keep [rows, size]. */
  public static NDArray inner(NDManager scope, NDArray x, NDArray down, Form form) {
    return INNER.tensor(scope, x, down, form.keep());
  }

  /** z = scaling act(u) up^T. */
  public static NDArray outer(NDManager scope, NDArray u, NDArray up, Form form) {
    return OUTER.tensor(scope, u, up, form.scaling(), form.activation());
  }

  /** The gradients of x, and in fp32 of down and up. */
  public static List<NDArray> vjp(
      NDManager scope, NDArray gz, NDArray x, NDArray u, NDArray down, NDArray up, Form form) {
    return VJP.tensors(scope, gz, x, u, down, up, form.keep(), form.scaling(), form.activation());
  }
}
