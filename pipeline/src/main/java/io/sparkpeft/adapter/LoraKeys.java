package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.PeftKeys.Rule;
import java.util.Map;
import java.util.Set;

/** The keys of PEFT's LoraConfig: their defaults, and the checks that their values must pass. */
final class LoraKeys {
  /** What PEFT 0.21.2 writes for {@code LoraConfig()}. */
  private static final String DEFAULTS =
      """
      {
        "alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null,
        "auto_mapping": null, "base_model_name_or_path": null, "bias": "none",
        "corda_config": null, "ensure_weight_tying": false, "eva_config": null,
        "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": false,
        "init_lora_weights": true, "kasa_config": null, "layer_replication": null,
        "layers_pattern": null, "layers_to_transform": null, "loftq_config": {},
        "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0, "lora_ga_config": null,
        "megatron_config": null, "megatron_core": "megatron.core", "modules_to_save": null,
        "monteclora_config": null, "peft_type": "LORA", "peft_version": "0.21.2",
        "qalora_group_size": 16, "r": 8, "rank_pattern": {}, "revision": null,
        "target_modules": null, "target_parameters": null, "task_type": null,
        "trainable_token_indices": null, "use_bdlora": null, "use_dora": false,
        "use_qalora": false, "use_rslora": false, "velora_config": null
      }
      """;

  private static final Map<String, Rule> RULES =
      Map.ofEntries(
          Map.entry("r", Rule.COUNT),
          Map.entry("lora_alpha", Rule.NUMBER),
          Map.entry("lora_dropout", Rule.SHARE),
          Map.entry("use_rslora", Rule.BOOLEAN),
          Map.entry("use_dora", Rule.BOOLEAN),
          Map.entry("lora_bias", Rule.BOOLEAN),
          Map.entry("ensure_weight_tying", Rule.BOOLEAN),
          Map.entry("bias", Rule.bias("lora_only")),
          Map.entry("modules_to_save", Rule.NAMES),
          Map.entry("target_parameters", Rule.NAMES),
          Map.entry(
              "trainable_token_indices",
              new Rule(
                  "a list of whole numbers, a map from names to such lists, or null",
                  LoraKeys::isTokens)),
          Map.entry("loftq_config", Rule.mapTo("whole numbers", JsonNode::isInt)),
          Map.entry("rank_pattern", Rule.mapTo("whole numbers", PeftKeys::isCount)),
          Map.entry("alpha_pattern", Rule.mapTo("numbers", JsonNode::isNumber)));

  static final PeftKeys.Schema SCHEMA =
      new PeftKeys.Schema(
          "LoRA",
          DEFAULTS,
          RULES,
          Map.of("init_lora_weights", LoraInit::isKnown),
          Set.of("megatron_core", "qalora_group_size", "runtime_config"),
          Map.of(
              "rank_pattern", PeftKeys::wholeNumbers,
              "alpha_pattern", PeftKeys::wholeNumbers,
              "lora_alpha", PeftKeys::wholeNumber,
              "lora_dropout", PeftKeys::fraction),
          LoraKeys::check);

  private LoraKeys() {}

  private static boolean isTokens(JsonNode value) {
    return value.isNull()
        || isNumbers(value)
        || (value.isObject() && value.valueStream().allMatch(LoraKeys::isNumbers));
  }

  private static boolean isNumbers(JsonNode value) {
    return value.isArray() && value.valueStream().allMatch(JsonNode::isInt);
  }

  private static void check(ObjectNode keys, PeftKeys.Contradictions contradictions) {
    PeftKeys.checkLayers(keys, contradictions);
    checkLoftq(keys, contradictions);
    if (!keys.get("lora_bias").booleanValue()) {
      return;
    }
    if (!keys.get("init_lora_weights").isBoolean()) {
      throw contradictions.of(
          "lora_bias", "It needs init_lora_weights to be true or false, as in PEFT.");
    }
    if (keys.get("use_dora").booleanValue()) {
      throw contradictions.of("lora_bias", "DoRA has none, as in PEFT.");
    }
  }

  /** As in PEFT, loftq_config has no effect without loftq. */
  private static void checkLoftq(ObjectNode keys, PeftKeys.Contradictions contradictions) {
    JsonNode given = keys.get("loftq_config");
    if (!keys.get("init_lora_weights").asText().equals("loftq")) {
      keys.putObject("loftq_config");
      return;
    }
    int bits = given.path("loftq_bits").asInt(4);
    int iterations = given.path("loftq_iter").asInt(1);
    if (bits != 4 || iterations != 1) {
      throw contradictions.of(
          "loftq_config",
          "spark-peft takes loftq_bits = 4 and loftq_iter = 1: more iterations change the base.");
    }
    keys.putObject("loftq_config").put("loftq_bits", bits).put("loftq_iter", iterations);
  }
}
