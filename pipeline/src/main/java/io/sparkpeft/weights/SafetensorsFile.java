package io.sparkpeft.weights;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** A safetensors file whose header was read and found sound. Nothing needs closing. */
public final class SafetensorsFile implements TensorSource {
  private final Path file;
  private final Map<String, String> metadata;
  private final SortedMap<String, Stored> tensors;

  /** Where a tensor's bytes begin in the file. */
  record Stored(TensorEntry entry, long position) {}

  SafetensorsFile(Path file, Map<String, String> metadata, SortedMap<String, Stored> tensors) {
    this.file = file;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  public Path path() {
    return file;
  }

  /** The header's {@code __metadata__}; empty if it has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    return stored(name).entry();
  }

  @Override
  public ByteBuffer bytes(String name) {
    Stored stored = stored(name);
    long size = stored.entry().bytes();
    if (size > Integer.MAX_VALUE) {
      throw WeightsErrors.tensorTooLarge(file, stored.entry());
    }
    if (size == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      requireStillWhole(channel, stored);
      // A map of its own for every tensor: the file may be larger than one map can be.
      return channel
          .map(FileChannel.MapMode.READ_ONLY, stored.position(), size)
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /** Touching a map beyond the end of its file kills the process. */
  private void requireStillWhole(FileChannel channel, Stored stored) throws IOException {
    long end = stored.position() + stored.entry().bytes();
    if (channel.size() < end) {
      throw WeightsErrors.changedWhileOpen(file, stored.entry(), end, channel.size());
    }
  }

  private Stored stored(String name) {
    Stored stored = tensors.get(name);
    if (stored == null) {
      throw WeightsErrors.missingTensor(file, name, names());
    }
    return stored;
  }
}
