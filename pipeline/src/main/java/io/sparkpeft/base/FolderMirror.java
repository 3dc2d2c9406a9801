package io.sparkpeft.base;

import java.nio.file.Path;

/** Follows folders to where they are kept as well. */
public interface FolderMirror {
  /** Keeps them nowhere else. */
  FolderMirror NONE =
      new FolderMirror() {
        @Override
        public void written(Path folder) {}

        @Override
        public void deleted(Path folder) {}
      };

  /** A folder is complete. */
  void written(Path folder);

  void deleted(Path folder);
}
