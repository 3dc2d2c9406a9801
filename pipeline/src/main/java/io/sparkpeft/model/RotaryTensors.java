package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.List;

/**
 * Cosines and sines as the kernels want them: [positions, 1, features], each angle twice, and the
 * sine negative in its first half.
 */
record RotaryTensors(NDArray cos, NDArray sin) {

  static RotaryTensors of(NDManager scope, Rotary.Table table, int features, Dtype compute) {
    int half = features / 2;
    int positions = table.cos().length / half;
    float[] cos = new float[positions * features];
    float[] sin = new float[positions * features];
    for (int i = 0; i < table.cos().length; i++) {
      int first = i / half * features + i % half;
      cos[first] = table.cos()[i];
      cos[first + half] = table.cos()[i];
      sin[first] = -table.sin()[i];
      sin[first + half] = table.sin()[i];
    }
    return new RotaryTensors(
        tensor(scope, cos, positions, features, compute),
        tensor(scope, sin, positions, features, compute));
  }

  /** Those that turn no feature. */
  static RotaryTensors still(NDManager scope, Dtype compute) {
    NDArray none = Tensors.empty(scope, compute, 1, 1, 0);
    return new RotaryTensors(none, none);
  }

  private static NDArray tensor(
      NDManager scope, float[] values, int positions, int features, Dtype compute) {
    try (NDArray fp32 = Tensors.fromFloats(scope, values, positions, 1, features)) {
      return Tensors.cast(scope, fp32, compute);
    }
  }

  /** Those of the positions, int64 [N]. */
  RotaryTensors at(NDManager scope, NDArray positions) {
    return new RotaryTensors(
        EmbeddingKernels.embedding(scope, cos, positions),
        EmbeddingKernels.embedding(scope, sin, positions));
  }

  static RotaryTensors joined(NDManager scope, List<RotaryTensors> parts) {
    return new RotaryTensors(
        EmbeddingKernels.joinRows(scope, parts.stream().map(RotaryTensors::cos).toList()),
        EmbeddingKernels.joinRows(scope, parts.stream().map(RotaryTensors::sin).toList()));
  }
}
