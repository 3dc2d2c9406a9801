package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Tensors;

/**
 * Cosines and sines as the kernels want them: [positions, 1, headDim], each angle twice, and the
 * sine negative in its first half.
 */
record RotaryTensors(NDArray cos, NDArray sin) {

  static RotaryTensors of(NDManager scope, Rotary.Table table, int headDim, Dtype compute) {
    int half = headDim / 2;
    int positions = table.cos().length / half;
    float[] cos = new float[positions * headDim];
    float[] sin = new float[positions * headDim];
    for (int i = 0; i < table.cos().length; i++) {
      int first = i / half * headDim + i % half;
      cos[first] = table.cos()[i];
      cos[first + half] = table.cos()[i];
      sin[first] = -table.sin()[i];
      sin[first + half] = table.sin()[i];
    }
    return new RotaryTensors(
        tensor(scope, cos, positions, headDim, compute),
        tensor(scope, sin, positions, headDim, compute));
  }

  private static NDArray tensor(
      NDManager scope, float[] values, int positions, int headDim, Dtype compute) {
    try (NDArray fp32 = Tensors.fromFloats(scope, values, positions, 1, headDim)) {
      return Tensors.cast(scope, fp32, compute);
    }
  }

  /** Those of the positions, int64 [N]. */
  RotaryTensors at(NDManager scope, NDArray positions) {
    return new RotaryTensors(
        EmbeddingKernels.embedding(scope, cos, positions),
        EmbeddingKernels.embedding(scope, sin, positions));
  }
}
