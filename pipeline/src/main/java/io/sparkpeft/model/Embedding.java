package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.EmbeddingKernels;
import java.util.Optional;

/**
 * The beginning of a decoder.
 *
 * @param tokens [vocabulary, hidden]
 * @param scale multiplies a token's row
 * @param learned positions that are added
 */
record Embedding(NDArray tokens, double scale, Optional<LearnedPositions> learned) {

  /**
   * @param table [positions, hidden]
   * @param offset the row of position 0
   */
  record LearnedPositions(NDArray table, int offset) {}

  /** [ids, hidden]. */
  NDArray forward(Pass pass, int[] ids) {
    NDArray places = pass.scope().create(ids);
    NDArray x =
        scale == 1
            ? EmbeddingKernels.embedding(pass.scope(), tokens, places)
            : EmbeddingKernels.scaledEmbedding(pass.scope(), tokens, places, scale);
    return learned
        .map(
            positions ->
                EmbeddingKernels.addPositions(
                    pass.scope(), x, positions.table(), pass.positions().ids(), positions.offset()))
        .orElse(x);
  }
}
