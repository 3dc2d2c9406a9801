package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The tensors of a model whose one matrix for embedding and head is stored under the head's name
 * alone (PyTorch's writers store shared memory once, under either name): here it has the
 * embedding's.
 */
final class TiedTensors {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  private TiedTensors() {}

  /** The tensors under the names that the model's code knows. */
  static TensorSource of(TensorSource stored, JsonNode config) {
    boolean underHeadAlone = stored.contains(HEAD) && !stored.contains(EMBEDDING);
    boolean tied = config.path("tie_word_embeddings").asBoolean();
    return tied && underHeadAlone
        ? new RenamedTensors(stored, name -> name.equals(HEAD) ? EMBEDDING : name)
        : stored;
  }
}
