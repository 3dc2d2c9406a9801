package io.sparkpeft.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all: written aside under a hidden name, then renamed.
 *
 * <pre>{@code
 * try (NewFolder folder = NewFolder.at(target)) {
 *   folder.write("adapter_config.json", bytes);
 *   folder.commit();
 * }
 * }</pre>
 *
 * Closing without {@link #commit} deletes what was written.
 */
public final class NewFolder implements AutoCloseable {
  private final Path target;
  private final Path aside;
  private boolean committed;

  private NewFolder(Path target, Path aside) {
    this.target = target;
    this.aside = aside;
  }

  /**
   * @throws SparkPeftException (73) if the target exists or its parent cannot be written
   */
  public static NewFolder at(Path target) {
    Path absolute = target.toAbsolutePath().normalize();
    if (Files.exists(absolute)) {
      throw BaseErrors.alreadyExists(absolute);
    }
    Path aside =
        absolute.resolveSibling("." + absolute.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      Files.createDirectories(aside);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(absolute, e);
    }
    return new NewFolder(absolute, aside);
  }

  /** Where to write; below it any files and folders. */
  public Path path() {
    return aside;
  }

  public void write(String name, byte[] content) {
    Path file = aside.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, content);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target.resolve(name), e);
    }
  }

  /** Renames the folder to its target, which must still not exist. */
  public void commit() {
    try {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      committed = true;
    } catch (IOException e) {
      throw Files.exists(target)
          ? BaseErrors.alreadyExists(target)
          : BaseErrors.cannotWrite(target, e);
    }
  }

  @Override
  public void close() {
    if (!committed) {
      deleteTree(aside);
    }
  }

  /** Deletes a folder with all it holds; a folder that does not exist is fine. */
  public static void deleteTree(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder, e);
    }
  }
}
