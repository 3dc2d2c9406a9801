package io.sparkpeft.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder for what a task needs while it runs, below the system's own ({@code java.io.tmpdir}).
 */
public final class ScratchFolder implements AutoCloseable {
  private final Path path;

  private ScratchFolder(Path path) {
    this.path = path;
  }

  /**
   * @param prefix what its name begins with
   * @throws SparkPeftException (73) if it cannot be made
   */
  public static ScratchFolder open(String prefix) {
    try {
      return new ScratchFolder(Files.createTempDirectory(prefix));
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(Path.of(System.getProperty("java.io.tmpdir")), e);
    }
  }

  public Path path() {
    return path;
  }

  /** Deletes it with all it holds. */
  @Override
  public void close() {
    NewFolder.deleteTree(path);
  }
}
