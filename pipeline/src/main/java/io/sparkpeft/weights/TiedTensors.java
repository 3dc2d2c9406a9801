package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tensors of a model whose one matrix for embedding and head is stored under the head's name
 * alone (PyTorch's writers store shared memory once, under either name): here it has the
 * embedding's.
 */
record TiedTensors(TensorSource stored) implements TensorSource {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  /** The tensors under the names that the model's code knows. */
  static TensorSource of(TensorSource stored, JsonNode config) {
    boolean underHeadAlone = stored.contains(HEAD) && !stored.contains(EMBEDDING);
    boolean tied = config.path("tie_word_embeddings").asBoolean();
    return tied && underHeadAlone ? new TiedTensors(stored) : stored;
  }

  @Override
  public Set<String> names() {
    Set<String> names = new TreeSet<>(stored.names());
    names.remove(HEAD);
    names.add(EMBEDDING);
    return Collections.unmodifiableSet(names);
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry entry = stored.entry(storedName(name));
    return new TensorEntry(name, entry.dtype(), entry.shape());
  }

  @Override
  public ByteBuffer bytes(String name) {
    return stored.bytes(storedName(name));
  }

  private static String storedName(String name) {
    return name.equals(EMBEDDING) ? HEAD : name;
  }
}
