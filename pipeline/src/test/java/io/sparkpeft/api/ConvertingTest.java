package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertingTest {
  private final List<String> lines = new ArrayList<>();

  @TempDir Path folder;

  @Test
  void theModelAppearsWholeAndIsReused() throws URISyntaxException {
    Converted first = Converting.run(recipe("meta_llama2_parts"), lines::add);
    assertThat(first.reused()).isFalse();
    assertThat(first.modelLocation()).contains(folder.resolve("result/model").toString());
    assertThat(first.adapterLocation()).isEmpty();
    assertThat(ModelFolder.open(folder.resolve("result/model")).tensors().names()).hasSize(21);
    assertThat(first.outputPath()).isDirectoryContaining("glob:**_RESULT.json");
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
    assertThat(lines.get(0))
        .endsWith("meta_llama2_parts is meta, a model of llama: 21 tensors, 0.0 MB.");
    assertThat(lines.get(1)).startsWith("params.json does not say how long texts may be");
    assertThat(first.json().get("remarks")).hasSize(2);

    Converted again = Converting.run(recipe("meta_llama2_parts"), lines::add);
    assertThat(again.reused()).isTrue();
    assertThat(lines.get(lines.size() - 1)).endsWith("result already.");
  }

  @Test
  void loraWeightsBecomeAnAdapter() throws URISyntaxException {
    Converted converted = Converting.run(recipe("lit_llama.lora"), lines::add);
    assertThat(converted.modelLocation()).isEmpty();
    assertThat(Path.of(converted.adapterLocation().orElseThrow()))
        .isDirectoryContaining("glob:**adapter_config.json")
        .isDirectoryContaining("glob:**adapter_model.safetensors");
    assertThat(lines.get(0)).contains(" is litgpt_lora, an adapter of llama: 8 tensors, ");
  }

  @Test
  void whatFailsLeavesNothing() throws IOException, URISyntaxException {
    Path source = Files.createDirectory(folder.resolve("source"));
    assertThatThrownBy(
            () -> Converting.run(recipe("lit_llama").with("model.path", source), lines::add))
        .hasMessageStartingWith("There is nothing to convert in " + source);
    assertThat(folder).isDirectoryNotContaining("glob:**result*");
  }

  private Recipe recipe(String name) throws URISyntaxException {
    return Recipe.defaults()
        .with("model.path", Path.of(getClass().getResource("../convert/" + name).toURI()))
        .with("output.path", folder.resolve("result"));
  }
}
