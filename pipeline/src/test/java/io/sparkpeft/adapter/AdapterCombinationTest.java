package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.AdapterCombination.Part;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The adapters and what PEFT made of them come from combinations.py. */
class AdapterCombinationTest {
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

  static List<JsonNode> cases() {
    return Goldens.cases("combinations/cases.json");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itIsThatOfPeft(JsonNode golden) {
    String name = golden.get("name").asText();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < golden.get("adapters").size(); i++) {
      Adapter adapter = adapter(golden.get("adapters").get(i).asText());
      parts.add(new Part(adapter, golden.get("weights").get(i).doubleValue()));
    }
    CombinationType type =
        CombinationType.valueOf(golden.get("combination_type").asText().toUpperCase(Locale.ROOT));
    OptionalInt rank =
        golden.has("svd_rank")
            ? OptionalInt.of(golden.get("svd_rank").intValue())
            : OptionalInt.empty();

    AdapterCombination.write(manager, parts, type, rank, BASE, folder);

    Adapter expected = adapter(name);
    assertThat(AdapterConfig.read(folder).differencesFrom(expected.config())).isEmpty();
    Adapter combined = Adapters.load(manager, folder, BASE);
    boolean isUnique = !name.startsWith("svd");
    for (LinearModule module : BASE.linearModules()) {
      assertThat(combined.linear(module.name()).isPresent())
          .isEqualTo(expected.linear(module.name()).isPresent());
      if (combined.linear(module.name()).isPresent()) {
        LowRankDelta made = (LowRankDelta) combined.linear(module.name()).get();
        LowRankDelta peft = (LowRankDelta) expected.linear(module.name()).get();
        assertThat(product(made)).containsExactly(product(peft), within(2e-6f));
        if (isUnique) {
          assertThat(made.a().value().toFloatArray())
              .containsExactly(peft.a().value().toFloatArray(), within(1e-6f));
        }
      }
    }
  }

  /** PEFT keeps use_rslora, and so scales the sum by the root of its rank. */
  @Test
  void theSumOfRsLoraIsNotScaledAgain() {
    LoraConfig config =
        LoraConfig.defaults()
            .with("target_modules", List.of("q_proj"))
            .with("use_rslora", true)
            .with("init_lora_weights", false);
    Adapter adapter = Adapters.create(manager, config, BASE, 1);
    List<Part> parts = List.of(new Part(adapter, 0.75), new Part(adapter, 0.25));
    AdapterCombination.write(
        manager, parts, CombinationType.CAT, OptionalInt.empty(), BASE, folder);
    Adapter combined = Adapters.load(manager, folder, BASE);
    String module = "model.layers.1.self_attn.q_proj";
    assertThat(product((LowRankDelta) combined.linear(module).orElseThrow()))
        .containsExactly(
            product((LowRankDelta) adapter.linear(module).orElseThrow()), within(1e-6f));
  }

  @Test
  void differentRanksHaveNoLinearSum() {
    List<Part> parts = List.of(new Part(adapter("one"), 1), new Part(adapter("wide"), 1));
    assertThatThrownBy(
            () ->
                AdapterCombination.write(
                    manager, parts, CombinationType.LINEAR, OptionalInt.empty(), BASE, folder))
        .hasMessage(
            "These adapters cannot be combined into one. Their ranks are [3, 5], and linear sums"
                + " only what has one rank. Merge them one after the other, without"
                + " merge.combination_type, or choose others.");
  }

  @Test
  void modulesThatNoConfigurationMeansAreRefused() {
    Adapter first =
        Adapters.create(
            manager,
            LoraConfig.defaults()
                .with("target_modules", List.of("q_proj"))
                .with("layers_to_transform", List.of(0)),
            BASE,
            1);
    List<Part> parts = List.of(new Part(first, 1), new Part(adapter("two"), 1));
    assertThatThrownBy(
            () ->
                AdapterCombination.write(
                    manager, parts, CombinationType.CAT, OptionalInt.empty(), BASE, folder))
        .hasMessageContaining("No configuration of one adapter means just their modules;");
  }

  private Adapter adapter(String name) {
    return Adapters.load(manager, Goldens.path("combinations/" + name), BASE);
  }

  private float[] product(LowRankDelta delta) {
    NDArray product = Tensors.matmul(manager, delta.b().value(), delta.a().value());
    return product.mul((float) delta.scaling()).toFloatArray();
  }
}
