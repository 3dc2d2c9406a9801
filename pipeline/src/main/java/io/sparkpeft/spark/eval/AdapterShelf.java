package io.sparkpeft.spark.eval;

import io.sparkpeft.adapter.Adapter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The adapters that a task has at hand: those of the batch that it works on, and of those before as
 * many as have room, the latest ones.
 */
final class AdapterShelf implements AutoCloseable {
  private static final long ROOM_BYTES = 512L << 20;

  private final LoadedModel model;

  /** By folder, the longest unused first. */
  private final Map<Path, Adapter> loaded = new LinkedHashMap<>(16, 0.75f, true);

  AdapterShelf(LoadedModel model) {
    this.model = model;
  }

  /** Loads what is asked for and not there yet, and lets go of what has no room. */
  void have(List<Question> questions) {
    Set<Path> asked =
        questions.stream()
            .flatMap(question -> question.adapterFolder().stream())
            .collect(Collectors.toSet());
    asked.forEach(folder -> loaded.computeIfAbsent(folder, model::loadAdapter));
    asked.forEach(loaded::get);
    Iterator<Map.Entry<Path, Adapter>> oldest = loaded.entrySet().iterator();
    long bytes = loaded.values().stream().mapToLong(AdapterShelf::bytes).sum();
    while (bytes > ROOM_BYTES && loaded.size() > asked.size()) {
      Adapter adapter = oldest.next().getValue();
      bytes -= bytes(adapter);
      adapter.close();
      oldest.remove();
    }
  }

  private static long bytes(Adapter adapter) {
    return (long) Float.BYTES * adapter.parameterCount();
  }

  /** One of those at hand. */
  Optional<Adapter> adapter(Optional<Path> folder) {
    return folder.map(loaded::get);
  }

  @Override
  public void close() {
    loaded.values().forEach(Adapter::close);
    loaded.clear();
  }
}
