package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdaptedModule;
import io.sparkpeft.adapter.AdaptedStack;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.weights.ModelFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What adapters reach in mixtures of experts, against PEFT: reference/mixtures.py. */
class MixtureTargetsTest {
  static List<JsonNode> cases() {
    List<JsonNode> cases = new ArrayList<>();
    Json.read(ReferenceModel.path("mixtures.json")).forEach(cases::add);
    return cases;
  }

  static List<JsonNode> adapted() {
    return cases().stream().filter(MixtureTargetsTest::isAdapted).toList();
  }

  static List<JsonNode> refused() {
    return cases().stream().filter(golden -> !isAdapted(golden)).toList();
  }

  /** Expressions that mean experts are refused: they are to be named. */
  private static boolean isAdapted(JsonNode golden) {
    String targets = golden.at("/settings/target_modules").asText();
    boolean isExpression = !targets.isEmpty() && !targets.equals("all-linear");
    boolean areExpertsMeant = isExpression && !golden.path("parameters").isEmpty();
    return !golden.has("error") && !areExpertsMeant && !isOfOneLayer(golden);
  }

  /** An expression that matches one layer, where PEFT adapts all. */
  private static boolean isOfOneLayer(JsonNode golden) {
    return golden.at("/settings/target_modules").asText().contains("layers\\.0");
  }

  @ParameterizedTest
  @MethodSource("adapted")
  void adaptsWhatPeftDoes(JsonNode golden) {
    BaseModel base = base(golden.get("family").asText());
    LoraConfig config = LoraConfig.of(golden.get("settings")).resolvedFor(base);
    assertThat(paths(config, base)).isEqualTo(texts(golden.get("modules")));
    Set<String> targets = texts(golden.get("target_modules"));
    targets.removeAll(Set.of("gate_up_proj", "down_proj"));
    JsonNode keys = config.toJson();
    assertThat(texts(keys.get("target_modules"))).isEqualTo(targets);
    assertThat(texts(keys.get("target_parameters"))).isEqualTo(texts(golden.get("parameters")));
    assertThat(keys.get("rank_pattern").toString())
        .isEqualTo(golden.get("rank_pattern").toString());
    assertThat(keys.get("alpha_pattern").toString())
        .isEqualTo(golden.get("alpha_pattern").toString());
    assertThat(config.resolvedFor(base)).isEqualTo(config);
    assertThat(Json.tree(shapes(config, base)).toString())
        .isEqualTo(golden.get("tensors").toString());
  }

  private static Map<String, long[]> shapes(LoraConfig config, BaseModel base) {
    Map<String, long[]> shapes = new TreeMap<>();
    AdapterShape shape = config.shape(base);
    shape.saved().forEach(entry -> shapes.put(entry.name(), entry.shape()));
    long trained =
        shape.modules().stream().mapToLong(AdaptedModule::trainableParameters).sum()
            + shape.stacks().stream().mapToLong(AdaptedStack::trainableParameters).sum();
    assertThat(trained).isEqualTo(shape.trainableParameters());
    return shapes;
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

  @Test
  void namesOfExpertsAreToldFromOthers() {
    for (String method : List.of("VBLORA", "IA3", "BOTTLENECK")) {
      assertThatThrownBy(() -> resolved(method, "mixtral", List.of("q_proj", "mlp.gate", "w1")))
          .hasMessage(
              "The target_modules mean experts or routers of a mixtral model: mlp.gate, w1."
                  + " They are parameters, which LoRA alone adapts, by target_parameters"
                  + " (mlp.experts.down_proj, mlp.experts.gate_up_proj, mlp.gate.weight)."
                  + " Name what is to be adapted: one or more of k_proj, lm_head, o_proj, q_proj,"
                  + " v_proj.");
    }
    assertThatThrownBy(() -> resolved("LORA", "qwen3_moe", ".*(v_proj|up_proj|gate)"))
        .hasMessageContaining("routers of a qwen3_moe model: gate, up_proj. They are parameters");
    assertThatThrownBy(() -> resolved("LORA", "mixtral", List.of("layers.0.mlp.gate")))
        .hasMessageContaining("routers of a mixtral model: layers.0.mlp.gate. They");
  }

  /** Of gates and what they let through PEFT makes one parameter of twice the rank. */
  @Test
  void aPartOfAParameterIsRefused() {
    assertThatThrownBy(() -> resolved("LORA", "mixtral", List.of("q_proj", "w1")))
        .hasMessage(
            "Cannot use target_modules in the adapter's configuration. With w1 it means a part of"
                + " the parameter gate_up_proj alone, which PEFT adapts whole: w3 is missing."
                + " Remove it or complete it.");
    LoraConfig config = LoraConfig.defaults().with("target_modules", "all-linear");
    assertThatThrownBy(
            () ->
                config
                    .with("rank_pattern", Map.of("experts.gate_up_proj", 3))
                    .resolvedFor(base("qwen3_moe")))
        .hasMessageContaining("Cannot use rank_pattern in the adapter's configuration.")
        .hasMessageContaining(
            "for which PEFT sets a pattern of its own beside experts.gate_up_proj");
    assertThat(
            config
                .with("rank_pattern", Map.of("experts.down_proj", 3))
                .resolvedFor(base("qwen3_moe"))
                .rankPattern())
        .containsOnly(entry("experts.down_proj", 3), entry(".*\\.gate_up_proj", 16));
  }

  @Test
  void unknownParametersAreRefused() {
    LoraConfig config = LoraConfig.defaults().with("target_modules", List.of("q_proj"));
    assertThatThrownBy(
            () ->
                config
                    .with("target_parameters", List.of("experts.down_proj", "q_proj.weight"))
                    .shape(base("mixtral")))
        .hasMessage(
            "No parameter of a mixtral model that can be adapted is called q_proj.weight. The"
                + " target_parameters are those of experts and their routers; PEFT passes over a"
                + " name that it does not find. Name some of mlp.experts.down_proj,"
                + " mlp.experts.gate_up_proj, mlp.gate.weight, and layers in target_modules.");
    assertThatThrownBy(
            () -> config.with("target_parameters", List.of("down_proj")).shape(base("mistral")))
        .hasMessageContaining("This model has none: name its layers in target_modules.");
  }

  /** What PEFT's ParamWrapper refuses, by its name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lora_dropout | 0.1 | none of its input can be dropped for it. Set it to 0.",
        "use_dora | true | PEFT has no DoRA of parameters. Set it to false.",
        "lora_bias | true | What is added to a parameter has no bias. Set it to false.",
        "init_lora_weights | \"pissa\" | experts have none. Set it to true, gaussian or false.",
        "init_lora_weights | \"orthogonal\" | experts have none. Set it to true, gaussian or false.",
      })
  void whatParametersGoWithoutIsRefused(String key, String value, String reason) throws Exception {
    LoraConfig config = LoraConfig.defaults().with(key, Json.parse(value));
    for (Object targets : List.of("all-linear", List.of("q_proj"))) {
      LoraConfig named = config.with("target_modules", targets);
      LoraConfig given =
          targets instanceof String
              ? named
              : named.with("target_parameters", List.of("gate.weight"));
      BaseModel base = base("mixtral");
      assertThatThrownBy(() -> given.resolvedFor(base).shape(base))
          .isInstanceOfSatisfying(
              SparkPeftException.class,
              e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
          .hasMessageContaining(
              "Cannot use " + key + " = " + value + " where LoRA adapts target_parameters.")
          .hasMessageContaining(reason);
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
