package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.DoraKernels;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import java.util.Optional;

/**
 * LoRA on the embedding: a token's row is W[token] + scaling * B A[:, token]. With a magnitude it
 * is DoRA, over the features instead of the rows.
 *
 * @param a A, fp32 [r, vocabulary]
 * @param b B, fp32 [width, r]
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param magnitude and the norms of the features that it replaces
 */
public record LowRankEmbedding(
    DeltaTensor a, DeltaTensor b, double scaling, Optional<Magnitude> magnitude)
    implements EmbeddingDelta {

  /**
   * @param values fp32 [width]
   * @param norms fp32 [width]
   */
  public record Magnitude(DeltaTensor values, RowNorms norms) {}

  @Override
  public NDArray merged(NDManager manager, NDArray weight) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray product =
          Tensors.matmul(
              scope, a.value().transpose(), b.value().transpose()); // [vocabulary, width]
      if (magnitude.isEmpty()) {
        return Tensors.addScaled(manager, weight, product, scaling);
      }
      NDArray wide = Tensors.cast(scope, weight, Dtype.FLOAT32);
      NDArray v = Tensors.addScaled(scope, wide, product, scaling);
      NDArray m = magnitude.get().values().value();
      return DoraKernels.merged(manager, v, m, weight, true);
    }
  }
}
