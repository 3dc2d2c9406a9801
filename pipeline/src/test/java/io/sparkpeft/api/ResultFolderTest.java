package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFolderTest {
  private static final List<String> PARTS = List.of("adapter");

  @TempDir Path parent;
  private ResultFolder result;

  @BeforeEach
  void workOnAnAdapter() throws IOException {
    Path target = parent.resolve("result");
    Recipe recipe = Recipe.defaults().with("run.id", "run").with("output.path", target);
    result = ResultFolder.of(Job.FINETUNE, recipe);
    Files.createDirectories(result.work().resolve("adapter"));
    Files.writeString(result.work().resolve("adapter/weights"), "trained");
  }

  @Test
  void holdsThePartsAndTheResult() {
    try (NewFolder folder = result.begin()) {
      result.commit(folder, Json.object().put("steps", 3), PARTS);
    }
    assertThat(result.path().resolve("adapter/weights")).hasContent("trained");
    assertThat(result.finished().orElseThrow().path("steps").asInt()).isEqualTo(3);
  }

  /** /dev/full takes no byte: what is written to it fails as on a full disk. */
  @Test
  void aFullDiskCostsTheResultAndNotTheTraining() {
    assertThatThrownBy(this::commitToFullDisk)
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CANNOT_WRITE))
        .hasMessageContaining("Cannot write " + result.path().resolve("_RESULT.json"))
        .hasMessageContaining("No space left on device");
    assertThat(parent).isDirectoryNotContaining(path -> !path.equals(result.work()));
    assertThat(result.work().resolve("adapter/weights")).hasContent("trained");
  }

  private void commitToFullDisk() throws IOException {
    try (NewFolder folder = result.begin()) {
      Path file = folder.path().resolve(ResultFolder.RESULT);
      Files.createSymbolicLink(file, Path.of("/dev/full"));
      result.commit(folder, Json.object(), PARTS);
    }
  }
}
