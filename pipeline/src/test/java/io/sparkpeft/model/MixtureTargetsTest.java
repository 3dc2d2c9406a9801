package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.weights.ModelFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What adapters reach in mixtures of experts, against PEFT: reference/mixtures.py. */
class MixtureTargetsTest {
  static List<JsonNode> cases() {
    List<JsonNode> cases = new ArrayList<>();
    Json.read(ReferenceModel.path("mixtures.json")).forEach(cases::add);
    return cases;
  }

  static List<JsonNode> adapted() {
    return cases().stream().filter(MixtureTargetsTest::isOfLinearLayers).toList();
  }

  static List<JsonNode> refused() {
    return cases().stream().filter(golden -> !isOfLinearLayers(golden)).toList();
  }

  private static boolean isOfLinearLayers(JsonNode golden) {
    return golden.path("parameters").isArray()
        && golden.get("parameters").isEmpty()
        && !isOfOneLayer(golden);
  }

  /** An expression that matches one layer, where PEFT adapts all. */
  private static boolean isOfOneLayer(JsonNode golden) {
    return golden.at("/settings/target_modules").asText().contains("layers\\.0");
  }

  @ParameterizedTest
  @MethodSource("adapted")
  void adaptsTheLinearLayersThatPeftDoes(JsonNode golden) {
    BaseModel base = base(golden.get("family").asText());
    LoraConfig config = LoraConfig.of(golden.get("settings")).resolvedFor(base);
    assertThat(paths(config, base)).isEqualTo(texts(golden.get("modules")));
    Set<String> targets = texts(golden.get("target_modules"));
    targets.removeAll(Set.of("gate_up_proj", "down_proj"));
    assertThat(texts(config.toJson().get("target_modules"))).isEqualTo(targets);
    assertThat(config.toJson().get("target_parameters").toString()).isEqualTo("[]");
    assertThat(config.resolvedFor(base)).isEqualTo(config);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatReachesExperts(JsonNode golden) {
    BaseModel base = base(golden.get("family").asText());
    LoraConfig config = LoraConfig.of(golden.get("settings"));
    assertThatThrownBy(() -> config.resolvedFor(base))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining(golden.get("family").asText());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen3_moe"})
  void allLinearOfLoraIsRefusedByTheReason(String family) {
    assertThatThrownBy(() -> resolved("LORA", family, "all-linear"))
        .hasMessage(
            "With LoRA, target_modules = all-linear means the experts and routers of a "
                + family
                + " model too. PEFT adapts them by target_parameters; spark-peft keeps them frozen."
                + " Name what is to be adapted: one or more of k_proj, lm_head, o_proj, q_proj,"
                + " v_proj.");
  }

  @Test
  void namesOfExpertsAreToldFromOthers() {
    for (String method : List.of("LORA", "VBLORA", "IA3", "BOTTLENECK")) {
      assertThatThrownBy(() -> resolved(method, "mixtral", List.of("q_proj", "mlp.gate", "w1")))
          .hasMessage(
              "The target_modules mean experts or routers of a mixtral model: mlp.gate, w1."
                  + " spark-peft keeps them frozen. Name what is to be adapted: one or more of"
                  + " k_proj, lm_head, o_proj, q_proj, v_proj.");
      assertThatThrownBy(() -> resolved(method, "qwen3_moe", ".*(v_proj|up_proj|gate)"))
          .hasMessageContaining("routers of a qwen3_moe model: gate, up_proj. spark-peft");
    }
  }

  /** An adapter that PEFT trained with transformers 4 has tensors for them. */
  @Test
  void expertsOfAFileAreRefusedToo() {
    LoraConfig config = LoraConfig.defaults().with("target_modules", List.of("q_proj", "w1", "w3"));
    assertThatThrownBy(() -> config.shape(base("mixtral")))
        .hasMessageContaining("experts or routers of a mixtral model: w1, w3.");
    assertThat(config.with("target_modules", List.of("q_proj", "down_proj")).shape(base("mixtral")))
        .isNotNull();
  }

  @Test
  void anExpressionOverSomeLayersIsRefused() {
    assertThatThrownBy(() -> resolved("LORA", "mixtral", ".*layers.0.*(k|q)_proj"))
        .hasMessage(
            "The target_modules '.*layers.0.*(k|q)_proj' mean more modules in PEFT than they match."
                + " In a LoRA of a mixtral model PEFT puts the last parts of the names in the"
                + " expression's place (k_proj, q_proj), which other modules have too. Set"
                + " target_modules to k_proj, q_proj and choose layers by layers_to_transform.");
    assertThat(paths(resolved("VBLORA", "mixtral", ".*layers.0.*q_proj"), base("mixtral")))
        .containsExactly("model.layers.0.self_attn.q_proj");
  }

  /** Where PEFT's default names an expert's layer, PEFT's files hold it too. */
  @Test
  void ia3sDefaultIsKept() {
    AdapterConfig config =
        AdapterConfig.of(Json.object().put("peft_type", "IA3")).resolvedFor(base("mixtral"));
    assertThat(texts(config.toJson().get("target_modules")))
        .containsExactly("k_proj", "v_proj", "w2");
    assertThat(config.resolvedFor(base("mixtral"))).isEqualTo(config);
    ObjectNode linear = Json.object().put("peft_type", "IA3").put("target_modules", "all-linear");
    AdapterConfig resolved = AdapterConfig.of(linear).resolvedFor(base("mixtral"));
    assertThat(resolved.toJson().get("feedforward_modules").toString()).isEqualTo("[]");
    linear.putArray("feedforward_modules").add("w2");
    assertThatThrownBy(() -> AdapterConfig.of(linear).resolvedFor(base("mixtral")))
        .hasMessageContaining("w2");
  }

  @Test
  void routersAreNotTrainedWhole() {
    LoraConfig config =
        LoraConfig.defaults()
            .with("target_modules", List.of("q_proj"))
            .with("modules_to_save", List.of("gate"));
    assertThatThrownBy(() -> config.shape(base("mixtral"))).hasMessageContaining("gate");
  }

  private static AdapterConfig resolved(String method, String family, Object targets) {
    ObjectNode settings = Json.object().put("peft_type", method);
    if (method.equals("IA3")) {
      settings.putArray("feedforward_modules");
    }
    return AdapterConfig.of(settings).with("target_modules", targets).resolvedFor(base(family));
  }

  private static Set<String> paths(AdapterConfig config, BaseModel base) {
    AdapterConfig fitting =
        config.toJson().has("vector_length") ? config.with("vector_length", 4) : config;
    Set<String> paths = new TreeSet<>();
    fitting.shape(base).modules().forEach(adapted -> paths.add(adapted.module().name()));
    return paths;
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> texts = new TreeSet<>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static BaseModel base(String family) {
    return DecoderConfig.read(ModelFolder.openConfig(ReferenceModel.path("families/" + family)))
        .baseModel();
  }
}
