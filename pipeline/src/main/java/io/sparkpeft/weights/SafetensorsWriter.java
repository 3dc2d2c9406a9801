package io.sparkpeft.weights;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes safetensors files, byte for byte as the reference implementation does: one file for one
 * set of tensors, whatever the order they come in.
 */
public final class SafetensorsWriter {
  /** The metadata that PyTorch's users write: Hugging Face's readers ask for it. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private SafetensorsWriter() {}

  /**
   * Writes one tensor after the other; at most one is in memory. A file that fails half-way is
   * deleted.
   *
   * @throws io.sparkpeft.base.SparkPeftException (73) if the file cannot be written
   * @throws IllegalArgumentException if two tensors have one name, or a tensor's bytes do not fit
   *     its shape
   */
  public static void write(Path file, Map<String, String> metadata, List<NamedTensor> tensors) {
    requireDistinct(tensors);
    List<NamedTensor> ordered =
        tensors.stream()
            .sorted(Comparator.comparing(NamedTensor::entry, SafetensorsHeader.FILE_ORDER))
            .toList();
    boolean complete = false;
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      List<TensorEntry> entries = ordered.stream().map(NamedTensor::entry).toList();
      writeFully(channel, ByteBuffer.wrap(SafetensorsHeader.of(metadata, entries)));
      for (NamedTensor tensor : ordered) {
        writeFully(channel, valuesOf(tensor));
      }
      complete = true;
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(file, e);
    } finally {
      if (!complete) {
        deleteQuietly(file);
      }
    }
  }

  /** Tensors in the order that their files hold them in: dtype descending, then name. */
  public static List<TensorEntry> inFileOrder(Collection<TensorEntry> entries) {
    return entries.stream().sorted(SafetensorsHeader.FILE_ORDER).toList();
  }

  /** The size in bytes of the file that {@link #write} makes of such tensors. */
  public static long fileBytes(Map<String, String> metadata, Collection<TensorEntry> entries) {
    List<TensorEntry> ordered = inFileOrder(entries);
    long data = ordered.stream().mapToLong(TensorEntry::bytes).reduce(0, Math::addExact);
    return SafetensorsHeader.of(metadata, ordered).length + data;
  }

  private static ByteBuffer valuesOf(NamedTensor tensor) {
    ByteBuffer values = tensor.bytes().get().duplicate();
    if (values.remaining() != tensor.entry().bytes()) {
      throw new IllegalArgumentException(
          tensor.entry() + " came with " + values.remaining() + " bytes");
    }
    return values;
  }

  private static void requireDistinct(List<NamedTensor> tensors) {
    Set<String> seen = new HashSet<>();
    for (NamedTensor tensor : tensors) {
      if (!seen.add(tensor.name())) {
        throw new IllegalArgumentException("two tensors are named " + tensor.name());
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** The failure that led here matters more than one of the clean-up. */
  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The exception under way names the file.
    }
  }
}
