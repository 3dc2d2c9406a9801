package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {
  private static final String FAILED = "{\"status\": \"failed\"}";
  @TempDir Path parent;

  @Test
  void aFailureIsKeptAndTheNextTryTakesItAway() {
    Path folder = parent.resolve("out");
    ResultFile.writeFailure(folder, FAILED);
    assertThat(folder.resolve("_RESULT.json")).hasContent(FAILED);
    assertThat(parent).isDirectoryNotContaining("glob:**.part");
    ResultFile.clearFailure(folder);
    assertThat(folder).doesNotExist();
  }

  @Test
  void whatIsThereStays() throws IOException {
    Path folder = Files.createDirectory(parent.resolve("out"));
    ResultFile.writeFailure(folder, FAILED);
    assertThat(folder).isEmptyDirectory();
    Files.writeString(folder.resolve("_RESULT.json"), "{\"status\": \"succeeded\"}");
    ResultFile.clearFailure(folder);
    assertThat(folder).isNotEmptyDirectory();
    Files.writeString(folder.resolve("_RESULT.json"), FAILED);
    Files.writeString(folder.resolve("a-file-of-mine"), "");
    ResultFile.clearFailure(folder);
    assertThat(folder.resolve("a-file-of-mine")).exists();
  }

  /** /dev/full takes no byte: what is written to it fails as on a full disk. */
  @Test
  void aFullDiskLeavesNothingHalfWritten() throws IOException {
    Files.createSymbolicLink(parent.resolve("._RESULT.json.part"), Path.of("/dev/full"));
    assertThatThrownBy(() -> ResultFile.write(parent, FAILED))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CANNOT_WRITE))
        .hasMessageContaining("Cannot write " + parent.resolve("_RESULT.json"))
        .hasMessageContaining("No space left on device");
    assertThat(parent).isEmptyDirectory();
  }
}
