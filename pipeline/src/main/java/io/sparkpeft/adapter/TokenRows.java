package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Tensors;

/**
 * Some tokens' rows of an embedding or of the head, trained in place of the base's: PEFT's
 * trainable_token_indices.
 *
 * @param tokens each once
 * @param rows fp32 [tokens, width], in their order
 */
public record TokenRows(long[] tokens, DeltaTensor rows) implements EmbeddingDelta, LinearDelta {

  @Override
  public NDArray merged(NDManager manager, NDArray weight) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray places = Tensors.fromLongs(scope, tokens, tokens.length);
      return EmbeddingKernels.replaceRows(manager, weight, places, rows.value());
    }
  }

  @Override
  public NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut) {
    return merged(manager, weight);
  }
}
