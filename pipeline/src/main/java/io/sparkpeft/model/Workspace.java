package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.quant.Dequantizer;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory for the expanded weights of one layer, which the next layer's take over. A weight that is
 * still there from its last use is not expanded again: a layer's second forward pass and its
 * backward pass share one expansion. For one pass at a time.
 */
final class Workspace {
  private final NDManager manager;
  private final Dtype compute;
  private final Dequantizer dequantizer = new Dequantizer();
  private final Map<Integer, Held> places = new HashMap<>();

  /**
   * @param manager where the memory lives
   * @param compute float32 or bfloat16
   */
  Workspace(NDManager manager, Dtype compute) {
    this.manager = manager;
    this.compute = compute;
  }

  /** What is in a place. */
  private record Held(FrozenWeight.Packed weight, NDArray values) {}

  NDArray expanded(FrozenWeight.Packed weight) {
    Held held = places.get(weight.place());
    if (held != null && held.weight() == weight) {
      return held.values();
    }
    NDArray values = room(held, weight.shape());
    // Half-written values must not pass for the old ones.
    places.remove(weight.place());
    weight.expandInto(values, compute, dequantizer);
    places.put(weight.place(), new Held(weight, values));
    return values;
  }

  private NDArray room(Held held, long[] shape) {
    if (held == null) {
      return Tensors.empty(manager, compute, shape);
    }
    if (Arrays.equals(held.values().getShape().getShape(), shape)) {
      return held.values();
    }
    held.values().close();
    return Tensors.empty(manager, compute, shape);
  }
}
