package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LoraTargetsTest {
  private static final List<LinearModule> MODULES = Goldens.tiny(3);

  static List<JsonNode> matching() {
    return Goldens.cases("matching.json");
  }

  @ParameterizedTest
  @MethodSource("matching")
  void meansTheModulesThatPeftMeans(JsonNode golden) {
    JsonNode expected = golden.get("targets");
    LoraConfig config = LoraConfig.of(golden.get("settings")).resolvedFor(Goldens.base(MODULES));
    if (expected.isEmpty()) {
      assertThatThrownBy(() -> LoraTargets.match(config, MODULES))
          .hasMessageContaining("No module of the base is adapted.")
          .hasMessageContaining("down_proj, gate_proj, k_proj, lm_head");
      return;
    }
    List<JsonNode> found = new ArrayList<>();
    for (LoraTarget target : LoraTargets.match(config, MODULES)) {
      found.add(
          Json.object()
              .put("module", target.module().name())
              .put("r", target.r())
              .put("lora_alpha", target.loraAlpha())
              .put("scaling", target.scaling()));
    }
    assertThat(found).map(JsonNode::toString).isEqualTo(asDoubles(expected));
  }

  @Test
  void whatLeavesNothingIsNamed() {
    ObjectNode settings = Json.object();
    settings.putArray("target_modules").add("conv1d").add("emb");
    settings.putArray("layers_to_transform").add(1);
    LoraConfig config = LoraConfig.of(settings).resolvedFor(Goldens.base(MODULES));
    assertThatThrownBy(() -> LoraTargets.match(config, MODULES))
        .hasMessageContaining(
            "With target_modules = [\"conv1d\",\"emb\"], layers_to_transform = [1]"
                + " none of its linear modules is left.");
  }

  /** PEFT leaves an alpha of 8 a whole number. */
  private static List<String> asDoubles(JsonNode targets) {
    List<String> texts = new ArrayList<>();
    for (JsonNode target : targets) {
      texts.add(
          Json.object()
              .put("module", target.get("module").textValue())
              .put("r", target.get("r").intValue())
              .put("lora_alpha", target.get("lora_alpha").doubleValue())
              .put("scaling", target.get("scaling").doubleValue())
              .toString());
    }
    return texts;
  }

  @Test
  void namesKeysAsPeftDoes() {
    LoraTarget target =
        LoraTargets.match(config("target_modules", List.of("lm_head")), MODULES).get(0);
    assertThat(target.nameOfA()).isEqualTo("base_model.model.lm_head.lora_A.weight");
    assertThat(target.nameOfB()).isEqualTo("base_model.model.lm_head.lora_B.weight");
    assertThat(target.parameterCount()).isEqualTo(8 * (16 + 40));
  }

  @Test
  void refusesEmbeddings() {
    for (Object targets : List.of(List.of("q_proj", "embed_tokens"), ".*(embed_tokens|q_proj)")) {
      assertThatThrownBy(() -> LoraTargets.match(config("target_modules", targets), MODULES))
          .hasMessageContaining("The target_modules mean model.embed_tokens.");
    }
  }

  @Test
  void refusesEmbeddingsOfOtherFamiliesByTheirNames() {
    List<LinearModule> gpt2 = List.of(new LinearModule("transformer.h.0.attn.c_attn", 8, 24, true));
    List<LinearModule> neox = List.of(new LinearModule("gpt_neox.layers.0.attention.dense", 8, 8));
    LoraConfig wte = config("target_modules", List.of("c_attn", "wte", "dense"));
    assertThatThrownBy(() -> LoraTargets.match(wte, gpt2))
        .hasMessageContaining("The target_modules mean transformer.wte.");
    assertThat(LoraTargets.match(wte, neox)).hasSize(1);
  }

  /** As PEFT does: what the settings say of it does not count. */
  @Test
  void theBaseDecidesHowItsWeightsLie() {
    LinearModule conv1d = new LinearModule("transformer.h.0.attn.c_attn", 8, 24, true);
    LinearModule head = new LinearModule("lm_head", 8, 40);
    LoraConfig settings = config("target_modules", List.of("c_attn", "lm_head"));
    assertThat(LoraTargets.resolved(settings, Goldens.base(List.of(conv1d))).fileText())
        .contains("\"fan_in_fan_out\": true");
    assertThat(LoraTargets.resolved(settings, Goldens.base(List.of(conv1d, head))).fileText())
        .contains("\"fan_in_fan_out\": false");
    assertThat(
            LoraTargets.resolved(settings.with("fan_in_fan_out", true), Goldens.base(List.of(head)))
                .fileText())
        .contains("\"fan_in_fan_out\": false");
  }

  @Test
  void needsTargets() {
    assertThatThrownBy(() -> LoraTargets.match(LoraConfig.defaults(), MODULES))
        .hasMessageContaining("There are no target_modules.");
  }

  @Test
  void reportsNamesAndPatternsThatConcernNothing() {
    LoraConfig config =
        config("target_modules", List.of("q_proj", "q_prj"))
            .with("rank_pattern", Map.of("v_proj", 4))
            .with("alpha_pattern", Map.of("q_proj", 4));
    assertThat(LoraTargets.unused(config, MODULES))
        .containsExactly("target_modules: q_prj", "rank_pattern: v_proj");
  }

  @Test
  void condensesManyNamesOnlyToSuffixesThatTellThemApart() {
    List<LinearModule> modules = Goldens.tiny(30);
    List<String> names = new ArrayList<>();
    for (int layer = 0; layer < 29; layer++) {
      names.add("model.layers." + layer + ".self_attn.q_proj");
    }
    LoraConfig config = config("target_modules", names);
    assertThat(config.resolvedFor(Goldens.base(modules))).isEqualTo(config);
    names.add("model.layers.29.self_attn.q_proj");
    assertThat(config("target_modules", names).resolvedFor(Goldens.base(modules)).targetModules())
        .contains(new ModuleSelector.Names(List.of("q_proj")));
  }

  private static LoraConfig config(String key, Object value) {
    return LoraConfig.defaults().with(key, value);
  }
}
