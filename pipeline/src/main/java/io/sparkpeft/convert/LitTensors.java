package io.sparkpeft.convert;

import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.torch.TorchFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tensors of a Lit-GPT file under the names of today's litgpt. Before 0.5 queries, keys and
 * values were made by {@code attn.attn}, ordered group by group.
 *
 * @param order of queries, keys and values
 */
record LitTensors(TensorSource stored, QueryKeyValue order) implements TensorSource {
  private static final String FORMER = ".attn.attn.";
  private static final String PRESENT = ".attn.qkv.";

  static LitTensors open(Path file) {
    TensorSource stored = TorchFile.open(file);
    boolean former = stored.names().stream().anyMatch(name -> name.contains(FORMER));
    return new LitTensors(stored, former ? QueryKeyValue.GROUPED : QueryKeyValue.STACKED);
  }

  @Override
  public Set<String> names() {
    Set<String> names = new TreeSet<>();
    stored.names().forEach(name -> names.add(name.replace(FORMER, PRESENT)));
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

  private String storedName(String name) {
    return order == QueryKeyValue.GROUPED ? name.replace(PRESENT, FORMER) : name;
  }
}
