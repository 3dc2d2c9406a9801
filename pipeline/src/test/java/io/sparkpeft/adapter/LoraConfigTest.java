package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoraConfigTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "defaults",
        "no_task",
        "alpaca",
        "patterns",
        "regex",
        "all_linear",
        "unusual_names"
      })
  void writesWhatPeftWritesForTheSameSettings(String name) throws IOException {
    Path golden = Goldens.path("configs/" + name);
    LoraConfig config =
        LoraConfig.of(Json.read(golden.resolve("settings.json")))
            .resolvedFor(Goldens.base(Goldens.tiny(3)));

    String written = Files.readString(golden.resolve("adapter_config.json"));
    assertThat(config.fileText()).isEqualTo(written);
    assertThat(LoraConfig.read(golden).fileText()).isEqualTo(written);
  }

  @Test
  void whatAFileLeavesOutHasPeftsDefault() throws IOException {
    write("{\"peft_type\": \"LORA\"}");

    LoraConfig config = LoraConfig.read(folder);

    assertThat(config).isEqualTo(LoraConfig.defaults());
    assertThat(config.r()).isEqualTo(8);
    assertThat(config.loraAlpha()).isEqualTo(8);
    assertThat(config.loraDropout()).isZero();
    assertThat(config.useRslora()).isFalse();
    assertThat(config.initLoraWeights()).isEqualTo(LoraInit.KAIMING_UNIFORM);
    assertThat(config.targetModules()).isEmpty();
    assertThat(config.layersToTransform()).isEmpty();
  }

  /** As some files have it: PEFT takes null for false. */
  @Test
  void nullIsFalse() throws IOException {
    write("{\"peft_type\": \"LORA\", \"target_modules\": [\"q_proj\"], \"fan_in_fan_out\": null}");
    assertThat(LoraConfig.read(folder))
        .isEqualTo(LoraConfig.defaults().with("target_modules", List.of("q_proj")));
  }

  @Test
  void givesItsKeysTypes() throws JsonProcessingException {
    LoraConfig config =
        of(
            """
            {"r": 4, "lora_alpha": 12.0, "lora_dropout": 0, "init_lora_weights": "gaussian",
             "target_modules": ["b", "a"], "exclude_modules": ".*x", "layers_to_transform": 3,
             "layers_pattern": "h", "rank_pattern": {"b": 2, "a": 1}, "alpha_pattern": {"b": 1.5}}
            """);

    assertThat(config.loraAlpha()).isEqualTo(12);
    assertThat(config.initLoraWeights()).isEqualTo(LoraInit.GAUSSIAN);
    assertThat(config.targetModules()).contains(new ModuleSelector.Names(List.of("b", "a")));
    assertThat(config.excludeModules().orElseThrow().matches("y.x")).isTrue();
    assertThat(config.layersToTransform()).containsExactly(3);
    assertThat(config.layersPattern()).containsExactly("h");
    assertThat(config.rankPattern()).containsExactly(Map.entry("b", 2), Map.entry("a", 1));
    assertThat(config.alphaPattern()).containsExactly(Map.entry("b", 1.5));
    assertThat(config.fileText()).contains("\"lora_alpha\": 12,").contains("\"lora_dropout\": 0.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "layer_replication | [[0, 4]]",
        "alora_invocation_tokens | [1]",
        "use_qalora | true",
        "megatron_config | {\"a\": 1}",
        "eva_config | {\"rho\": 2.0}",
        "kasa_config | {\"a\": 1}",
        "use_bdlora | {\"nblocks\": 2}",
        "init_lora_weights | \"eva\"",
        "init_lora_weights | \"pissa_niter_\"",
        "init_lora_weights | \"PiSSA\"",
        "peft_type | \"ADALORA\"",
        "task_type | \"SEQ_CLS\"",
      })
  void refusesByNameWhatIsNotImplemented(String key, String value) throws IOException {
    String settings = "{\"peft_type\": \"LORA\", \"" + key + "\": " + value + "}";
    String compact = Json.parse(value).toString();
    write(settings);
    assertThatThrownBy(() -> LoraConfig.read(folder))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("Cannot honour " + key + " = " + compact + " in " + folder)
        .hasMessageContaining("spark-peft does not implement it");
    assertThatThrownBy(() -> of("{\"" + key + "\": " + value + "}"))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "r | 0 | a whole number from 1",
        "r | 2.5 | a whole number from 1",
        "r | \"8\" | a whole number from 1",
        "lora_alpha | \"8\" | a number",
        "lora_dropout | 1.0 | a number from 0 to below 1",
        "lora_dropout | -0.1 | a number from 0 to below 1",
        "use_rslora | 1 | true or false",
        "target_modules | [1] | a text, a list of texts or null",
        "target_parameters | \"experts\" | a list of texts or null",
        "layers_to_transform | \"1\" | a whole number, a list of such or null",
        "rank_pattern | {\"a\": 0} | a map from names to whole numbers",
        "alpha_pattern | {\"a\": \"b\"} | a map from names to numbers",
      })
  void refusesWrongValues(String key, String value, String kind) throws JsonProcessingException {
    String compact = Json.parse(value).toString();
    assertThatThrownBy(() -> of("{\"" + key + "\": " + value + "}"))
        .hasMessageContaining(key + " is " + compact + ". It must be " + kind + ".");
  }

  @Test
  void refusesUnknownKeysButPassesOverEmptyOnesInFiles() throws IOException {
    assertThatThrownBy(() -> of("{\"lora_apha\": 4}"))
        .hasMessageContaining("Unknown key lora_apha in the adapter's settings.")
        .hasMessageContaining("Did you mean lora_alpha?");
    write(
        """
        {"peft_type": "LORA", "enable_lora": null, "merge_weights": false, "new_scale": 0.0,
         "new_list": [], "new_map": {}, "loftq_config": {"loftq_bits": 4}}
        """);
    assertThat(LoraConfig.read(folder)).isEqualTo(LoraConfig.defaults());
    write("{\"peft_type\": \"LORA\", \"new_method\": \"fast\"}");
    assertThatThrownBy(() -> LoraConfig.read(folder))
        .hasMessageContaining("Unknown key new_method");
  }

  @Test
  void refusesSettingsThatContradictEachOther() {
    assertThatThrownBy(() -> of("{\"target_modules\": \".*\", \"layers_to_transform\": [1]}"))
        .hasMessageContaining("Cannot use layers_to_transform")
        .hasMessageContaining("target_modules to be a list");
    assertThatThrownBy(() -> of("{\"layers_pattern\": \"h\"}"))
        .hasMessageContaining("It needs layers_to_transform beside it.");
    assertThatThrownBy(() -> of("{\"target_modules\": \"a(\"}"))
        .hasMessageContaining("Cannot read 'a(' as a regular expression.");
  }

  @Test
  void saysWhatAFolderLacks() throws IOException {
    assertThatThrownBy(() -> LoraConfig.read(folder))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("There is no adapter_config.json in " + folder);
    write("{}");
    assertThatThrownBy(() -> LoraConfig.read(folder)).hasMessageContaining("There is no peft_type");
    write("[]");
    assertThatThrownBy(() -> LoraConfig.read(folder)).hasMessageContaining("not an object");
  }

  @Test
  void comparesSettingsButNotBookkeeping() throws JsonProcessingException {
    LoraConfig config = of("{\"r\": 4, \"target_modules\": [\"a\", \"b\"]}");
    LoraConfig other =
        config
            .with("target_modules", List.of("b", "a"))
            .with("base_model_name_or_path", "elsewhere");

    assertThat(other.differencesFrom(config)).isEmpty();
    assertThat(other).isNotEqualTo(config);
    assertThat(config.with("r", 8).with("use_rslora", true).differencesFrom(config))
        .containsExactly("r", "use_rslora");
    assertThat(config.withAll(Json.object().put("lora_alpha", 3)).loraAlpha()).isEqualTo(3);
  }

  @Test
  void takesTheArchitecturesDefaultTargets() {
    assertThat(
            LoraConfig.defaults()
                .resolvedFor(Goldens.base("gpt2", Goldens.tiny(1)))
                .targetModules())
        .contains(new ModuleSelector.Names(List.of("c_attn")));
    assertThatThrownBy(
            () -> LoraConfig.defaults().resolvedFor(Goldens.base("mamba", Goldens.tiny(1))))
        .hasMessageContaining("PEFT knows no default for the model_type mamba.");
  }

  private static LoraConfig of(String settings) throws JsonProcessingException {
    JsonNode json = Json.parse(settings);
    return LoraConfig.of(json);
  }

  private void write(String config) throws IOException {
    Files.writeString(folder.resolve("adapter_config.json"), config);
  }

  /** For every key that PEFT writes another value, and what becomes of it. */
  private static final Map<String, String> OTHERS =
      Map.ofEntries(
          Map.entry("alora_invocation_tokens", "refused [1]"),
          Map.entry("alpha_pattern", "honoured {\"q_proj\": 4}"),
          Map.entry("arrow_config", "refused {\"top_k\": 2}"),
          Map.entry("auto_mapping", "kept {\"parent_library\": \"m\"}"),
          Map.entry("base_model_name_or_path", "kept \"base\""),
          Map.entry("bias", "honoured \"all\""),
          Map.entry("corda_config", "refused {\"corda_method\": \"kpm\"}"),
          Map.entry("ensure_weight_tying", "honoured true"),
          Map.entry("eva_config", "refused {\"rho\": 1.0}"),
          Map.entry("exclude_modules", "honoured [\"lm_head\"]"),
          Map.entry("fan_in_fan_out", "kept true"),
          Map.entry("inference_mode", "kept true"),
          Map.entry("init_lora_weights", "honoured \"pissa_niter_16\""),
          Map.entry("kasa_config", "refused {\"beta\": 1.0}"),
          Map.entry("layer_replication", "refused [[0, 2]]"),
          Map.entry("layers_pattern", "honoured [\"layers\"]"),
          Map.entry("layers_to_transform", "honoured [1]"),
          Map.entry("loftq_config", "without effect {\"loftq_bits\": 4}"),
          Map.entry("lora_alpha", "honoured 2.5"),
          Map.entry("lora_bias", "honoured true"),
          Map.entry("lora_dropout", "honoured 0.5"),
          Map.entry("lora_ga_config", "refused {\"stable_gamma\": 4}"),
          Map.entry("megatron_config", "refused {\"a\": 1}"),
          Map.entry("megatron_core", "without effect \"another\""),
          Map.entry("modules_to_save", "honoured [\"norm\"]"),
          Map.entry("monteclora_config", "refused {\"num_samples\": 2}"),
          Map.entry("peft_type", "refused \"ADALORA\""),
          Map.entry("peft_version", "kept \"0.18.0\""),
          Map.entry("qalora_group_size", "without effect 32"),
          Map.entry("r", "honoured 3"),
          Map.entry("rank_pattern", "honoured {\"q_proj\": 4}"),
          Map.entry("revision", "kept \"main\""),
          Map.entry("target_modules", "honoured [\"k_proj\"]"),
          Map.entry("target_parameters", "honoured [\"experts\"]"),
          Map.entry("task_type", "kept \"FEATURE_EXTRACTION\""),
          Map.entry("trainable_token_indices", "honoured {\"lm_head\": [3]}"),
          Map.entry("use_bdlora", "refused {\"nblocks\": 2}"),
          Map.entry("use_dora", "honoured true"),
          Map.entry("use_qalora", "refused true"),
          Map.entry("use_rslora", "honoured true"),
          Map.entry("velora_config", "refused {\"num_groups\": 2}"));

  @Test
  void everyKeyIsHonouredOrRefusedByName() throws IOException {
    List<String> all = new ArrayList<>();
    LoraConfig.defaults().toJson().fieldNames().forEachRemaining(all::add);
    assertThat(OTHERS.keySet()).containsExactlyInAnyOrderElementsOf(all);
    LoraConfig usual = of("{\"target_modules\": [\"q_proj\"], \"layers_to_transform\": [0, 1]}");
    for (Map.Entry<String, String> other : OTHERS.entrySet()) {
      String key = other.getKey();
      int end = other.getValue().indexOf(' ', other.getValue().startsWith("without") ? 8 : 0);
      JsonNode value = Json.parse(other.getValue().substring(end + 1));
      ObjectNode settings = usual.toJson();
      settings.set(key, value);
      switch (other.getValue().substring(0, end)) {
        case "honoured" ->
            assertThat(LoraConfig.of(settings).differencesFrom(usual)).containsExactly(key);
        case "kept" -> {
          LoraConfig changed = LoraConfig.of(settings);
          assertThat(changed.toJson().get(key)).isEqualTo(value);
        }
        case "without effect" -> assertThat(LoraConfig.of(settings)).isEqualTo(usual);
        default ->
            assertThatThrownBy(() -> AdapterConfig.of(settings))
                .hasMessageContaining("Cannot honour " + key + " = " + value);
      }
    }
  }

  @Test
  void loftqTakesOneIterationOfFourBits() throws IOException {
    assertThat(of("{\"init_lora_weights\": \"loftq\"}").toJson().get("loftq_config").toString())
        .isEqualTo("{\"loftq_bits\":4,\"loftq_iter\":1}");
    assertThatThrownBy(
            () -> of("{\"init_lora_weights\": \"loftq\", \"loftq_config\": {\"loftq_iter\": 5}}"))
        .hasMessageContaining("Cannot use loftq_config")
        .hasMessageContaining("more iterations change the base");
  }
}
