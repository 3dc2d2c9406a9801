package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import java.util.List;

/** {@code kernels/fused_attention.py}, with the arguments of {@link AttentionKernels}. */
final class FusedAttention {
  private static final Kernel FORWARD = new Kernel("fused_attention");
  private static final Kernel INPUTS = new Kernel("fused_attention_inputs");
  private static final Kernel VJP = new Kernel("scaled_dot_product_vjp");
  private static final Kernel GRADIENTS = new Kernel("fused_attention_gradients");

  private FusedAttention() {}

  static NDArray forward(NDManager scope, Heads heads, long[] lengths, long past, double scale) {
    return FORWARD.tensor(scope, heads.q(), heads.k(), heads.v(), lengths, past, scale);
  }

  /** Computes the forward pass again: autograd needs it, and saves nothing between calls. */
  static Heads vjp(
      NDManager scope, NDArray gy, Heads heads, long[] lengths, long past, double scale) {
    long groups = heads.q().getShape().get(2);
    try (NDManager inner = scope.newSubManager()) {
      List<NDArray> inputs =
          INPUTS.tensors(inner, gy, heads.q(), heads.k(), heads.v(), lengths, past, scale);
      List<NDArray> gradients = VJP.differentiated(inner, inputs);
      return Heads.of(GRADIENTS.tensors(scope, gradients, lengths, past, groups, scale));
    }
  }
}
