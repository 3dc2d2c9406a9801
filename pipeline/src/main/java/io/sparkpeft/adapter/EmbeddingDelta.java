package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** What an adapter does to the embedding of tokens. */
public sealed interface EmbeddingDelta permits LowRankEmbedding, TokenRows {

  /**
   * The embedding with the delta in it, computed in fp32 and rounded once to its type.
   *
   * @param weight fp32, bf16 or fp16 [vocabulary, width]
   * @return in the given manager
   */
  NDArray merged(NDManager manager, NDArray weight);
}
