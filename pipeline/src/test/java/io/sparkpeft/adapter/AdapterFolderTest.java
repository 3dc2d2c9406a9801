package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Engine;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterFolderTest {
  private static final BaseModel BASE = Goldens.base(Goldens.tiny(2));

  @TempDir Path folder;

  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** PEFT's save_pretrained wrote that folder, of a model without a default adapter. */
  @Test
  void findsWhatPeftLaidBesideEachOther() {
    Path peft = Goldens.path("combinations");
    assertThat(AdapterFolder.list(peft))
        .containsEntry("one", peft.resolve("one"))
        .containsEntry("svd_2", peft.resolve("svd_2"))
        .doesNotContainKey("default")
        .hasSize(10);
  }

  @Test
  void savesThemAsPeftDoesAndDeletesOne() {
    AdapterFolder.save(folder, Map.of("default", adapter("one"), "second", adapter("two")), "tiny");
    assertThat(AdapterFolder.list(folder))
        .isEqualTo(Map.of("default", folder, "second", folder.resolve("second")));
    for (String name : new String[] {"default", "second"}) {
      Path own = AdapterFolder.of(folder, name);
      Path golden = Goldens.path("combinations/" + (name.equals("second") ? "two" : "one"));
      assertThat(own.resolve("adapter_model.safetensors"))
          .hasSameBinaryContentAs(golden.resolve("adapter_model.safetensors"));
      assertThat(own.resolve("README.md")).exists();
    }
    AdapterFolder.delete(folder, "default");
    assertThat(AdapterFolder.list(folder)).containsOnlyKeys("second");
    assertThat(folder).isDirectoryNotContaining("glob:**.safetensors");
    AdapterFolder.delete(folder, "second");
    assertThat(AdapterFolder.list(folder)).isEmpty();
    assertThatThrownBy(() -> AdapterFolder.delete(folder, "second"))
        .hasMessageContaining(folder.resolve("second").toString());
  }

  @Test
  void namesAreThoseOfFolders() {
    assertThatThrownBy(() -> AdapterFolder.save(folder, Map.of("../x", adapter("one")), "tiny"))
        .hasMessage(
            "No adapter can be called '../x'. It lies in a folder of its name, beside others. Use"
                + " letters, digits, '_', '-' and '.', and begin with another than '.'.");
    assertThat(folder).isEmptyDirectory();
  }

  private Adapter adapter(String name) {
    return Adapters.load(manager, Goldens.path("combinations/" + name), BASE);
  }
}
