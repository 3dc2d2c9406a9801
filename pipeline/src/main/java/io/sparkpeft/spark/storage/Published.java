package io.sparkpeft.spark.storage;

import io.sparkpeft.base.FolderMirror;
import java.nio.file.Path;

/**
 * Keeps folders where their copies belong.
 *
 * @param last the file that makes one complete
 */
public record Published(Storage storage, String last) implements FolderMirror {
  @Override
  public void written(Path folder) {
    storage.publish(folder, last);
  }

  @Override
  public void deleted(Path folder) {
    storage.deleteOrigin(folder);
  }
}
