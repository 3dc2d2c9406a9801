package io.sparkpeft.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeIdentityTest {
  @TempDir Path folder;

  @Test
  void whatDoesNotChangeTheResultDoesNotChangeTheRun() {
    Recipe recipe = Recipe.defaults();
    RecipeIdentity identity = recipe.identity(Job.FINETUNE);
    assertThat(
            recipe
                .with("train.ranks", 4)
                .with("train.save_steps", 7)
                .with("train.gradient_checkpointing", true)
                .with("output.path", "/elsewhere")
                .with("data.max_length", 99)
                .identity(Job.FINETUNE))
        .isEqualTo(identity);
    assertThat(recipe.with("adapter.r", 9).identity(Job.FINETUNE)).isNotEqualTo(identity);
    assertThat(recipe.with("train.seed", 9).identity(Job.FINETUNE)).isNotEqualTo(identity);
    assertThat(recipe.with("data.max_length", 99).identity(Job.PREPARE))
        .isNotEqualTo(recipe.identity(Job.PREPARE));
  }

  @Test
  void aPagedOptimizerIsTheOneWhoseResultItGives() {
    RecipeIdentity adamW = Recipe.defaults().identity(Job.FINETUNE);
    Recipe paged = Recipe.defaults().with("train.optimizer", "paged_adamw_32bit");
    assertThat(paged.identity(Job.FINETUNE)).isEqualTo(adamW);
    assertThat(paged.with("train.optimizer_memory", "1 GiB").identity(Job.FINETUNE))
        .isEqualTo(adamW);
    Recipe in8bit = Recipe.defaults().with("train.optimizer", "adamw_8bit");
    assertThat(in8bit.identity(Job.FINETUNE))
        .isEqualTo(in8bit.with("train.optimizer", "paged_adamw_8bit").identity(Job.FINETUNE))
        .isNotEqualTo(adamW);
  }

  @Test
  void aDefaultThatIsWrittenOutIsTheSame() {
    assertThat(Recipe.defaults().with("train.learning_rate", 0.0003).identity(Job.FINETUNE))
        .isEqualTo(Recipe.defaults().identity(Job.FINETUNE));
  }

  @Test
  void inputsCountByTheirContent() throws IOException {
    Path one = Files.writeString(folder.resolve("one.json"), "[1]");
    Path same = Files.writeString(folder.resolve("same.json"), "[1]");
    Path other = Files.writeString(folder.resolve("other.json"), "[2]");
    assertThat(identity("data.source", one)).isEqualTo(identity("data.source", same));
    assertThat(identity("data.source", one)).isNotEqualTo(identity("data.source", other));
  }

  @Test
  void aDeltaTableCountsByItsNewestCommit() throws IOException {
    Path log = Files.createDirectories(folder.resolve("table/_delta_log"));
    Files.writeString(log.resolve("00000000000000000000.json"), "{}");
    RecipeIdentity first =
        Recipe.defaults().with("data.table", log.getParent()).identity(Job.FINETUNE);
    Files.writeString(log.resolve("00000000000000000001.json"), "{}");
    RecipeIdentity second =
        Recipe.defaults().with("data.table", log.getParent()).identity(Job.FINETUNE);
    assertThat(second).isNotEqualTo(first);
  }

  @Test
  void aFolderCountsByItsFilesAndTheirNames() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    RecipeIdentity before = identity("model.path", model);
    Files.move(model.resolve("config.json"), model.resolve("other.json"));
    assertThat(identity("model.path", model)).isNotEqualTo(before);
    Files.move(model.resolve("other.json"), model.resolve("config.json"));
    assertThat(identity("model.path", model)).isEqualTo(before);
  }

  @Test
  void namingFillsInWhatIsLeftOutAndStays() {
    Recipe recipe = Recipe.defaults().named(Job.FINETUNE);
    String id = recipe.run().id().orElseThrow();
    assertThat(id).matches("[0-9a-f]{12}");
    assertThat(recipe.output().path()).contains("./runs/finetune-" + id);
    assertThat(recipe.named(Job.FINETUNE)).isSameAs(recipe);
    Recipe own = Recipe.defaults().with("run.id", "mine").named(Job.MERGE);
    assertThat(own.output().path()).contains("./runs/merge-mine");
  }

  private static RecipeIdentity identity(String key, Path path) {
    return Recipe.defaults().with(key, path).identity(Job.PREPARE);
  }
}
