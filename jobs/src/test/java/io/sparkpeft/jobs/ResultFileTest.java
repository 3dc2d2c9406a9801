package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

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
}
