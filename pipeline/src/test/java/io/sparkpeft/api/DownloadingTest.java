package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.hub.LoopbackHub;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadingTest {
  @TempDir Path folder;

  @Test
  void theFolderAppearsWholeAndIsReused() {
    try (LoopbackHub hub = new LoopbackHub()) {
      hub.small("config.json", "{}");
      hub.large("model.safetensors", new byte[] {1, 2, 3});
      Downloaded first = Downloading.run(recipe(), hub.environment(), line -> {});
      assertThat(first.commit()).isEqualTo(LoopbackHub.COMMIT);
      assertThat(first.outputPath()).isEqualTo(folder.resolve("tiny"));
      assertThat(folder.resolve("tiny"))
          .isDirectoryContaining("glob:**config.json")
          .isDirectoryContaining("glob:**model.safetensors")
          .isDirectoryContaining("glob:**_RESULT.json");
      assertThat(folder).isDirectoryNotContaining("glob:**.work");

      Downloaded again = Downloading.run(recipe(), Map.of(), line -> {});
      assertThat(again.reused()).isTrue();
    }
  }

  @Test
  void aRepositoryMustBeNamed() {
    assertThatThrownBy(
            () ->
                Downloading.run(
                    Recipe.defaults().with("output.path", folder.resolve("x")),
                    Map.of(),
                    line -> {}))
        .hasMessageContaining("download.repo_id");
  }

  private Recipe recipe() {
    return Recipe.defaults()
        .with("download.repo_id", "owner/tiny")
        .with("output.path", folder.resolve("tiny"));
  }
}
