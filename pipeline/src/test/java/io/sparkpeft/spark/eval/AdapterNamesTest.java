package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterNamesTest {
  @TempDir Path folder;

  private void adapter(String path) throws IOException {
    Path own = Files.createDirectories(folder.resolve(path));
    Files.writeString(own.resolve("adapter_config.json"), "{}");
  }

  private Path of(String name) {
    return AdapterNames.in(Optional.of(folder)).question("Hi", name).adapterFolder().orElseThrow();
  }

  @Test
  void namesAreThoseOfPeftsLayout() throws IOException {
    adapter(".");
    adapter("chess");
    assertThat(of("default")).isEqualTo(folder);
    assertThat(of("chess")).isEqualTo(folder.resolve("chess"));
  }

  @Test
  void aSlashMakesAFolder() throws IOException {
    adapter("elsewhere/chess");
    String path = folder + "/elsewhere/chess";
    assertThat(of(path)).isEqualTo(Path.of(path));
    assertThat(AdapterNames.in(Optional.empty()).question("Hi", path).adapter()).isEqualTo(path);
  }

  @Test
  void theBaseModelIsAskedAsInPeft() {
    assertThat(AdapterNames.in(Optional.of(folder)).question("Hi", "__base__").adapterFolder())
        .isEmpty();
  }

  @Test
  void anUnknownNameFailsWithThoseThereAre() throws IOException {
    adapter("chess");
    adapter("cooking");
    assertThatThrownBy(() -> of("ches"))
        .hasMessage(
            "There is no adapter 'ches': "
                + folder.resolve("ches")
                + " has no adapter_config.json. adapter.path has the adapters chess, cooking."
                + " Correct the name, in the column generate.adapter_column say, or adapter.path.");
  }

  @Test
  void aNameNeedsAFolderOfNames() {
    assertThatThrownBy(() -> AdapterNames.in(Optional.empty()).question("Hi", "chess"))
        .hasMessage(
            "The adapter 'chess' is asked for, and adapter.path is not set. Names without a slash"
                + " are those of adapters beside each other in adapter.path. Set adapter.path, or"
                + " name a folder.");
  }

  @Test
  void aRowMustNameSomething() {
    assertThatThrownBy(() -> AdapterNames.in(Optional.of(folder)).question("Hi", null))
        .hasMessage(
            "The row with the prompt 'Hi' names no adapter. The column that"
                + " generate.adapter_column names is null there. Name one; __base__ asks the base"
                + " model alone.");
  }
}
