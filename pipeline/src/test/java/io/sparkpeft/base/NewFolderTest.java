package io.sparkpeft.base;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewFolderTest {
  @TempDir Path parent;

  @Test
  void appearsWholeWhenCommitted() throws IOException {
    Path target = parent.resolve("adapter");
    try (NewFolder folder = NewFolder.at(target)) {
      folder.write("nested/file.txt", "text".getBytes(UTF_8));
      assertThat(target).doesNotExist();
      folder.commit();
    }
    assertThat(target.resolve("nested/file.txt")).hasContent("text");
    assertThat(entries()).containsExactly(target);
  }

  @Test
  void leavesNothingWhenNotCommitted() throws IOException {
    try (NewFolder folder = NewFolder.at(parent.resolve("adapter"))) {
      folder.write("file.txt", "text".getBytes(UTF_8));
    }
    assertThat(entries()).isEmpty();
  }

  @Test
  void neverOverwrites() throws IOException {
    Path target = Files.createDirectory(parent.resolve("adapter"));
    assertThatThrownBy(() -> NewFolder.at(target))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CANNOT_WRITE))
        .hasMessageContaining("It exists already")
        .hasMessageContaining("Set output.path or run.id");
  }

  @Test
  void refusesATargetThatAppearedMeanwhile() throws IOException {
    Path target = parent.resolve("adapter");
    try (NewFolder folder = NewFolder.at(target)) {
      Files.createDirectory(target);
      Files.writeString(target.resolve("other.txt"), "someone else's");
      assertThatThrownBy(folder::commit).hasMessageContaining("It exists already");
    }
    assertThat(target.resolve("other.txt")).hasContent("someone else's");
  }

  @Test
  void aParentThatIsAFileCannotBeWritten() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "");
    assertThatThrownBy(() -> NewFolder.at(file.resolve("adapter")))
        .hasMessageContaining("Cannot write " + file.resolve("adapter"));
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> files = Files.list(parent)) {
      return files.toList();
    }
  }

  @Test
  void aFullDiskLeavesNothing() throws IOException {
    byte[] content = "some words ".repeat(100).getBytes(UTF_8);
    FullDisk.assertNothingIsLeft(
        disk -> {
          try (NewFolder folder = NewFolder.at(disk.resolve("result"))) {
            folder.write("part/one.txt", content);
            folder.write("_RESULT.json", content);
            folder.commit();
          }
        });
  }
}
