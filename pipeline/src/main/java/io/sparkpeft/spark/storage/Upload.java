package io.sparkpeft.spark.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;

/** A local folder's files to a store, the one that completes it last. */
record Upload(FileSystem files, String location, Consumer<String> messages) {
  void of(Path folder, String last) throws IOException {
    List<Path> found;
    try (Stream<Path> walk = Files.walk(folder)) {
      found =
          walk.filter(Files::isRegularFile)
              .sorted(
                  Comparator.comparing((Path file) -> isLast(folder, file, last))
                      .thenComparing(Comparator.naturalOrder()))
              .toList();
    }
    long start = System.nanoTime();
    long bytes = 0;
    for (Path file : found) {
      files.copyFromLocalFile(false, true, hadoop(file), target(folder, file));
      bytes += Files.size(file);
    }
    messages.accept(Transfer.text("Wrote", location, bytes, start));
  }

  private static boolean isLast(Path folder, Path file, String last) {
    return folder.relativize(file).toString().equals(last);
  }

  private static org.apache.hadoop.fs.Path hadoop(Path file) {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }

  private org.apache.hadoop.fs.Path target(Path folder, Path file) {
    return new org.apache.hadoop.fs.Path(location, folder.relativize(file).toString());
  }
}
