package io.sparkpeft.recipe;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What an input holds, told quickly and without Spark. A local file counts by its size and content
 * (of a file beyond 64 MB: its first and last megabyte), a folder by its files and their names, a
 * Delta table by its newest commit. What is not there, or lies in another file system, counts by
 * its path.
 */
public final class Fingerprint {
  private static final long WHOLE_BYTES = 64L << 20;
  private static final int SAMPLE_BYTES = 1 << 20;
  private static final int FOLDER_DEPTH = 3;

  private Fingerprint() {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if what is there cannot be read
   */
  public static String of(String path) {
    Optional<Path> local = local(path).filter(Files::exists);
    try {
      return local.isPresent() ? "sha256:" + hash(local.get()) : path;
    } catch (IOException e) {
      throw BaseErrors.cannotRead(local.orElseThrow(), e);
    }
  }

  private static Optional<Path> local(String path) {
    if (path.startsWith("file:/")) {
      return Optional.of(Path.of(path.substring("file:".length()).replaceFirst("^//+", "/")));
    }
    return path.contains("://") || path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
  }

  private static String hash(Path path) throws IOException {
    Sha256 hash = new Sha256();
    Path log = path.resolve("_delta_log");
    if (Files.isDirectory(log)) {
      List<Path> commits = filesBelow(log, name -> name.endsWith(".json"));
      for (Path newest : commits.subList(Math.max(0, commits.size() - 1), commits.size())) {
        add(hash, log, newest);
      }
    } else if (Files.isDirectory(path)) {
      for (Path file : filesBelow(path, name -> !name.startsWith(".") && !name.startsWith("_"))) {
        add(hash, path, file);
      }
    } else {
      addContent(hash, path);
    }
    return hash.hex();
  }

  private static List<Path> filesBelow(Path folder, Predicate<String> named) throws IOException {
    try (Stream<Path> files = Files.walk(folder, FOLDER_DEPTH)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> named.test(file.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  private static void add(Sha256 hash, Path folder, Path file) throws IOException {
    hash.add(folder.relativize(file) + "\n");
    addContent(hash, file);
  }

  private static void addContent(Sha256 hash, Path file) throws IOException {
    long size = Files.size(file);
    hash.add(size + "\n");
    if (size <= WHOLE_BYTES) {
      hash.add(Files.readAllBytes(file));
      return;
    }
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      hash.add(sample(channel, 0)).add(sample(channel, size - SAMPLE_BYTES));
    }
  }

  private static ByteBuffer sample(SeekableByteChannel channel, long position) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(SAMPLE_BYTES);
    channel.position(position);
    int count = 0;
    while (count >= 0 && buffer.hasRemaining()) {
      count = channel.read(buffer);
    }
    return buffer.flip();
  }
}
