package io.sparkpeft.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Disks in memory that are full too early. */
public final class FullDisk {
  private static final int BLOCK_BYTES = 16;
  private static final int DISKS = 24;
  private static final long ENOUGH = 1L << 30;

  private FullDisk() {}

  /** Something that writes below an existing folder. */
  public interface Writing {
    void into(Path folder);
  }

  /** As below, with the space needed taken from a first writing where there is enough. */
  public static void assertNothingIsLeft(Writing writing) throws IOException {
    try (FileSystem disk = disk(ENOUGH)) {
      Path folder = folder(disk);
      writing.into(folder);
      assertNothingIsLeft(bytesBelow(folder), writing);
    }
  }

  /**
   * Writes onto disks from nearly none of the space needed to nearly all of it. Each time that must
   * fail with exit code 73 and a clear message, and leave nothing.
   */
  public static void assertNothingIsLeft(long needed, Writing writing) throws IOException {
    assertThat(needed).isGreaterThan(DISKS * BLOCK_BYTES);
    for (int i = 1; i < DISKS; i++) {
      try (FileSystem disk = disk(needed * i / DISKS)) {
        Path folder = folder(disk);
        SparkPeftException failure =
            catchThrowableOfType(SparkPeftException.class, () -> writing.into(folder));
        assertThat(failure).as("on %d of %d bytes", needed * i / DISKS, needed).isNotNull();
        assertThat(failure.exitCode()).isEqualTo(ExitCode.CANNOT_WRITE);
        assertThat(failure)
            .hasMessageStartingWith("Cannot write " + folder)
            .hasMessageContaining("out of disk space")
            .hasMessageContaining("Free space there or choose another place");
        assertThat(below(folder)).isEmpty();
      }
    }
  }

  /** What the files below a folder take. */
  public static long bytesBelow(Path folder) throws IOException {
    long bytes = 0;
    for (Path path : below(folder)) {
      bytes += Files.isRegularFile(path) ? Files.size(path) : 0;
    }
    return bytes;
  }

  private static FileSystem disk(long bytes) {
    return Jimfs.newFileSystem(
        Configuration.unix().toBuilder().setBlockSize(BLOCK_BYTES).setMaxSize(bytes).build());
  }

  private static Path folder(FileSystem disk) throws IOException {
    return Files.createDirectory(disk.getPath("/full"));
  }

  private static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.filter(path -> !path.equals(folder)).toList();
    }
  }
}
