package io.sparkpeft.spark.eval;

import io.sparkpeft.adapter.Adapter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The adapters that a task has at hand: those of the batch that it works on. */
final class AdapterShelf implements AutoCloseable {
  private final LoadedModel model;
  private final Map<Path, Adapter> loaded = new HashMap<>();

  AdapterShelf(LoadedModel model) {
    this.model = model;
  }

  /** Lets go of all but these, and loads those of them that are not there yet. */
  void have(Set<Path> folders) {
    loaded.entrySet().stream()
        .filter(entry -> !folders.contains(entry.getKey()))
        .forEach(entry -> entry.getValue().close());
    loaded.keySet().retainAll(folders);
    folders.forEach(folder -> loaded.computeIfAbsent(folder, model::loadAdapter));
  }

  /** One of those at hand. */
  Optional<Adapter> adapter(Optional<Path> folder) {
    return folder.map(loaded::get);
  }

  @Override
  public void close() {
    have(Set.of());
  }
}
