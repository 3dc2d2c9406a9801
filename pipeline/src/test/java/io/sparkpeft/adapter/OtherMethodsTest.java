package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.BottleneckDelta.Placement;
import io.sparkpeft.adapter.ScaleDelta.Side;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IA3, prefix tuning and bottleneck adapters: what they consist of and begin with. */
class OtherMethodsTest {
  private static final BaseModel BASE = Goldens.base(Goldens.tiny(2));
  private static final String MODEL = "base_model.model.model.layers.0.";

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.start();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** What PEFT's benchmark published for Llama-3.2-3B. */
  @ParameterizedTest
  @CsvSource({"IA3, 286720, 1157064", "PREFIX_TUNING, 11468800, 45875328"})
  void predictsPublishedSizes(String method, long parameters, long fileBytes) {
    BaseModel llama = llama32();
    Map<String, Object> settings =
        method.equals("IA3") ? Map.of() : Map.of("num_virtual_tokens", 200);
    AdapterShape shape = config(method, settings).resolvedFor(llama).shape(llama);
    assertThat(shape.trainableParameters()).isEqualTo(parameters);
    assertThat(shape.fileBytes()).isEqualTo(fileBytes);
  }

  /** Its heads of keys and values: 8 of 128. */
  private static BaseModel llama32() {
    List<LinearModule> modules =
        Goldens.llama(
            Goldens.cases("counts.json").stream()
                .filter(golden -> golden.get("model").asText().equals("llama-3.2-3b"))
                .findFirst()
                .orElseThrow()
                .get("config"));
    BaseModel flat = Goldens.base(modules);
    return new BaseModel(
        flat.modelType(),
        modules,
        flat.embedding(),
        flat.layers(),
        8,
        128,
        true,
        Map.of(),
        Optional.empty());
  }

  @Test
  void ia3BeginsWithOnesOnKeysValuesAndTheInputOfTheMlpsEnd() {
    Adapter adapter = created("IA3", Map.of());
    assertThat(adapter.parameters().stream().map(AdapterParameter::name))
        .startsWith(
            MODEL + "mlp.down_proj.ia3_l",
            MODEL + "self_attn.k_proj.ia3_l",
            MODEL + "self_attn.v_proj.ia3_l");
    ScaleDelta down = (ScaleDelta) adapter.linear("model.layers.1.mlp.down_proj").orElseThrow();
    ScaleDelta key = (ScaleDelta) adapter.linear("model.layers.1.self_attn.k_proj").orElseThrow();
    assertThat(down.side()).isEqualTo(Side.INPUTS);
    assertThat(down.factors().value().getShape().getShape()).containsExactly(1, 24);
    assertThat(key.side()).isEqualTo(Side.OUTPUTS);
    assertThat(key.factors().value().getShape().getShape()).containsExactly(8, 1);
    assertThat(down.factors().value().toFloatArray()).containsOnly(1);
    assertThat(values(created("IA3", Map.of("init_ia3_weights", false)), 0))
        .isNotEqualTo(values(adapter, 0));
  }

  @Test
  void feedforwardModulesAreAmongTheTargets() {
    Map<String, Object> settings =
        Map.of("target_modules", List.of("q_proj"), "feedforward_modules", List.of("up_proj"));
    assertThatThrownBy(() -> config("IA3", settings))
        .hasMessageContaining("Cannot use feedforward_modules")
        .hasMessageContaining("They must be among target_modules, which are [\"q_proj\"].");
  }

  /** Names need not end at a dot there, as PEFT has it. */
  @Test
  void feedforwardModulesAreEndsOfNames() {
    Map<String, Object> settings =
        Map.of("target_modules", ".*proj", "feedforward_modules", List.of("p_proj"));
    Adapter adapter = created("IA3", settings);
    assertThat(side(adapter, "mlp.up_proj")).isEqualTo(Side.INPUTS);
    assertThat(side(adapter, "mlp.gate_proj")).isEqualTo(Side.OUTPUTS);
    Adapter pattern =
        created("IA3", Map.of("target_modules", "all-linear", "feedforward_modules", ".*p_proj"));
    assertThat(side(pattern, "mlp.up_proj")).isEqualTo(Side.INPUTS);
  }

  /** PEFT writes them as they were given, and then refuses to read what it wrote. */
  @Test
  void feedforwardModulesOfAllLinearAreNamedInFull() throws IOException {
    Adapter adapter = created("IA3", Map.of("target_modules", "all-linear"));
    assertThat(side(adapter, "mlp.down_proj")).isEqualTo(Side.INPUTS);
    assertThat(side(adapter, "mlp.up_proj")).isEqualTo(Side.OUTPUTS);
    adapter.save(folder, "tiny");
    AdapterConfig read = AdapterConfig.read(folder);
    assertThat(PeftKeys.texts(read.key("feedforward_modules")))
        .containsExactly("model.layers.0.mlp.down_proj", "model.layers.1.mlp.down_proj");
    Map<String, Object> named =
        Map.of("target_modules", "all-linear", "feedforward_modules", List.of("down_proj"));
    assertThat(config("IA3", named).resolvedFor(BASE)).isEqualTo(adapter.config());

    Path config = folder.resolve(AdapterFiles.CONFIG);
    String theirs =
        Files.readString(config)
            .replaceAll(
                "(?s)\"feedforward_modules\": \\[.*?\\]",
                "\"feedforward_modules\": [\"down_proj\"]");
    Files.writeString(config, theirs);
    assertThatThrownBy(() -> AdapterConfig.read(folder))
        .hasMessageContaining("Cannot use feedforward_modules in " + config)
        .hasMessageContaining("They must be among target_modules");
  }

  @Test
  void feedforwardModulesOfAllLinearAreLayers() {
    Map<String, Object> none =
        Map.of("target_modules", "all-linear", "feedforward_modules", List.of());
    assertThat(side(created("IA3", none), "mlp.down_proj")).isEqualTo(Side.OUTPUTS);
    Map<String, Object> unknown =
        Map.of("target_modules", "all-linear", "feedforward_modules", List.of("lm_head"));
    assertThatThrownBy(() -> created("IA3", unknown))
        .hasMessage(
            "Cannot use feedforward_modules with \"lm_head\". No linear layer that all-linear"
                + " adapts is called so, and they must be among target_modules. Name the ends of"
                + " layers' names, or leave it out for the architecture's own.");
  }

  private static Side side(Adapter adapter, String module) {
    return ((ScaleDelta) adapter.linear("model.layers.0." + module).orElseThrow()).side();
  }

  @Test
  void aPrefixBeginsNormalOrWithZeros() {
    Adapter adapter = created("PREFIX_TUNING", Map.of("num_virtual_tokens", 64));
    float[] prompt = values(adapter, 0);
    assertThat(prompt).hasSize(64 * 2 * 2 * 8);
    double squares = 0;
    for (float value : prompt) {
      squares += (double) value * value;
    }
    assertThat(squares / prompt.length).isCloseTo(1, within(0.1));
    // the second layer's values are the last eight columns
    float[] values = adapter.prefix(1).orElseThrow().values().value().toFloatArray();
    assertThat(values[0]).isEqualTo(prompt[24]);
    assertThat(values[8]).isEqualTo(prompt[32 + 24]);
    assertThat(adapter.virtualTokens()).isEqualTo(64);
    Map<String, Object> zeros = Map.of("num_virtual_tokens", 2, "init_weights", "zero");
    assertThat(values(created("PREFIX_TUNING", zeros), 0)).containsOnly(0);
  }

  @Test
  void aPrefixOfAnotherBaseIsRefused() {
    AdapterConfig other = config("PREFIX_TUNING", Map.of("num_virtual_tokens", 2, "token_dim", 16));
    assertThatThrownBy(() -> other.shape(BASE))
        .hasMessage(
            "The adapter is for another base: its token_dim is 16. This base has 8. Use the base"
                + " that it was trained with, or leave the key out for a new adapter.");
    assertThatThrownBy(() -> config("PREFIX_TUNING", Map.of()))
        .hasMessageContaining("Prefix tuning needs num_virtual_tokens.");
  }

  /** What torch.nn.Embedding and torch.nn.Linear begin with. */
  @Test
  void aProjectionBeginsAsTorchsLayersDo() {
    Map<String, Object> settings = Map.of("num_virtual_tokens", 64, "prefix_projection", true);
    Adapter adapter = created("PREFIX_TUNING", settings);
    assertThat(adapter.parameters().stream().map(p -> p.value().getShape().toString()))
        .containsExactly("(64, 8)", "(8)", "(8, 8)", "(32)", "(32, 8)");
    double squares = 0;
    for (float value : values(adapter, 0)) {
      squares += (double) value * value;
    }
    assertThat(squares / (64 * 8)).isCloseTo(1, within(0.15));
    for (int linear = 1; linear < 5; linear++) {
      float largest = adapter.parameters().get(linear).value().abs().max().getFloat();
      assertThat(largest).isBetween(0.25f, 0.3536f); // 1 / sqrt(8)
    }
    AdapterConfig wide = config("PREFIX_TUNING", settings).with("encoder_hidden_size", 100);
    float[] outer = values(Adapters.create(manager, wide.resolvedFor(BASE), BASE, 3), 4);
    assertThat(outer).hasSize(32 * 100);
    assertThat(outer[0]).isBetween(-0.1f, 0.1f);
  }

  @Test
  void aProjectionToZerosMovesNothing() {
    Map<String, Object> settings =
        Map.of("num_virtual_tokens", 2, "prefix_projection", true, "init_weights", "zero");
    Adapter adapter = created("PREFIX_TUNING", settings);
    assertThat(values(adapter, 3)).containsOnly(0);
    assertThat(values(adapter, 4)).containsOnly(0);
    assertThat(values(adapter, 2)).doesNotContain(0);
    assertThat(adapter.prefix(1).orElseThrow().keys().value().toFloatArray()).containsOnly(0);
  }

  /** PEFT saves what the projection makes, and no projection; it refuses to train on, too. */
  @Test
  void aPrefixOutOfAProjectionIsReadButNotTrained() {
    Map<String, Object> settings = Map.of("num_virtual_tokens", 2, "prefix_projection", true);
    created("PREFIX_TUNING", settings).save(folder, "tiny");
    assertThat(Adapters.load(manager, folder, BASE).prefix(0)).isPresent();
    assertThatThrownBy(() -> AdapterConfig.readToTrain(folder))
        .hasMessage(
            "Cannot train on the adapter "
                + folder
                + ". It was trained with prefix_projection: its file holds the prompt that the"
                + " projection made, as PEFT has it, and not the projection, which nothing leads"
                + " back to. Go on from a checkpoint of its run.");
  }

  @Test
  void bottlenecksStandWhereTheirTargetsSay() {
    Adapter series = created("BOTTLENECK", Map.of("bottleneck_size", 3));
    assertThat(delta(series, "mlp.up_proj").placement()).isEqualTo(Placement.BEFORE);
    assertThat(delta(series, "mlp.down_proj").placement()).isEqualTo(Placement.BEHIND);
    assertThat(delta(series, "mlp.down_proj").down().value().getShape().getShape())
        .containsExactly(3, 16);
    Adapter houlsby =
        created("BOTTLENECK", Map.of("target_modules", List.of("o_proj", "down_proj")));
    assertThat(delta(houlsby, "self_attn.o_proj").placement()).isEqualTo(Placement.BEHIND);
    Adapter parallel = created("BOTTLENECK", Map.of("use_parallel_adapter", true));
    assertThat(delta(parallel, "self_attn.v_proj").placement()).isEqualTo(Placement.BESIDE);
    assertThat(delta(parallel, "self_attn.v_proj").up().value().getShape().getShape())
        .containsExactly(8, 256);
  }

  @Test
  void bottlenecksBeginAsBertOrAsTheBase() {
    Map<String, Object> mam = Map.of("use_adapterp", true, "init_weights", "mam_adapter");
    BottleneckDelta base = delta(created("BOTTLENECK", mam), "mlp.down_proj");
    assertThat(base.up().value().toFloatArray()).containsOnly(0);
    assertThat(base.down().value().abs().max().getFloat()).isBetween(0.24f, 0.25f);
    BottleneckDelta bert =
        delta(created("BOTTLENECK", Map.of("use_adapterp", true)), "mlp.down_proj");
    assertThat(bert.up().value().abs().max().getFloat()).isBetween(0.05f, 0.12f);
    assertThatThrownBy(() -> config("BOTTLENECK", Map.of("scaling", "learned")))
        .hasMessageContaining("scaling is \"learned\". It must be a number.");
    assertThatThrownBy(() -> config("BOTTLENECK", Map.of("non_linearity", "mish")))
        .hasMessageContaining("It must be one of gelu, gelu_fast,");
  }

  private static BottleneckDelta delta(Adapter adapter, String module) {
    return (BottleneckDelta) adapter.linear("model.layers.0." + module).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PREFIX_TUNING | prefix tuning | Its keys and values stand beside those of a text",
        "BOTTLENECK | bottleneck | Its networks are not linear"
      })
  void whatNoWeightCanHoldIsNotMerged(String method, String name, String why) {
    Map<String, Object> settings =
        method.equals("BOTTLENECK") ? Map.of() : Map.of("num_virtual_tokens", 2);
    created(method, settings).save(folder, "tiny");
    ModelFolder base = ModelFolder.open(Goldens.path("base_fp32"));
    BaseWeights weights = BaseWeights.named(Goldens.tiny(2), "model.embed_tokens.weight", false);
    assertThatThrownBy(() -> Merge.folder(manager, base, folder, BASE, weights, folder))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining("Cannot merge the " + name + " adapter " + folder)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"IA3", "PREFIX_TUNING", "BOTTLENECK"})
  void predictedSizeIsTheWrittenOne(String method) throws IOException {
    Map<String, Object> settings =
        method.equals("PREFIX_TUNING") ? Map.of("num_virtual_tokens", 3) : Map.of();
    Adapter adapter = created(method, settings);
    adapter.save(folder, "tiny");
    assertThat(Files.size(folder.resolve(AdapterFiles.WEIGHTS)))
        .isEqualTo(adapter.config().shape(BASE).fileBytes());
    assertThat(folder.resolve(AdapterFiles.MODEL_CARD))
        .content()
        .contains("base_model: \"tiny\"")
        .contains(adapter.config().peftType().method() + " adapter")
        .contains(
            method.equals("BOTTLENECK") ? "PEFT itself has no such" : "PEFT loads it as its own")
        .doesNotContain("lora");
  }

  private static float[] values(Adapter adapter, int parameter) {
    return adapter.parameters().get(parameter).value().toFloatArray();
  }

  private Adapter created(String method, Map<String, Object> settings) {
    return Adapters.create(manager, config(method, settings).resolvedFor(BASE), BASE, 3);
  }

  private static AdapterConfig config(String method, Map<String, Object> settings) {
    ObjectNode keys = (ObjectNode) Json.tree(settings);
    return AdapterConfig.of(keys.put("peft_type", method));
  }
}
