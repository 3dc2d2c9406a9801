package io.sparkpeft.weights;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Tensors under other names than they are stored under. */
public final class RenamedTensors implements TensorSource {
  private final TensorSource stored;
  private final SortedMap<String, String> storedNames = new TreeMap<>();

  /**
   * @param renamed gives a stored name's other one, or itself
   */
  public RenamedTensors(TensorSource stored, UnaryOperator<String> renamed) {
    this.stored = stored;
    stored.names().forEach(name -> storedNames.put(renamed.apply(name), name));
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(storedNames.keySet());
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
    return storedNames.getOrDefault(name, name);
  }
}
