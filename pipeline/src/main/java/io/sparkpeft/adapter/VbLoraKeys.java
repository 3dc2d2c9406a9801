package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.PeftKeys.Contradictions;
import io.sparkpeft.adapter.PeftKeys.Rule;
import java.util.Map;
import java.util.Set;

/** The keys of PEFT's VBLoRAConfig. */
final class VbLoraKeys {
  /** What PEFT 0.21.2 writes for {@code VBLoRAConfig()}. */
  private static final String DEFAULTS =
      """
      {
        "auto_mapping": null, "base_model_name_or_path": null, "bias": "none",
        "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": false,
        "init_logits_std": 0.1, "init_vector_bank_bound": 0.02, "layers_pattern": null,
        "layers_to_transform": null, "modules_to_save": null, "num_vectors": 256,
        "peft_type": "VBLORA", "peft_version": "0.21.2", "r": 4, "revision": null,
        "save_only_topk_weights": false, "target_modules": null, "task_type": null, "topk": 2,
        "vblora_dropout": 0.0, "vector_length": 256
      }
      """;

  private static final Rule POSITIVE =
      new Rule("a number above 0", value -> value.isNumber() && value.doubleValue() > 0);

  private static final Map<String, Rule> RULES =
      Map.of(
          "r", Rule.COUNT,
          "bias", Rule.bias("vblora_only"),
          "modules_to_save", Rule.NAMES,
          "num_vectors", Rule.COUNT,
          "vector_length", Rule.COUNT,
          "topk", Rule.COUNT,
          "save_only_topk_weights", Rule.BOOLEAN,
          "vblora_dropout", Rule.SHARE,
          "init_vector_bank_bound", POSITIVE,
          "init_logits_std", POSITIVE);

  static final PeftKeys.Schema SCHEMA =
      new PeftKeys.Schema(
          "VB-LoRA",
          DEFAULTS,
          RULES,
          Map.of(),
          Set.of(),
          Map.of(
              "vblora_dropout", PeftKeys::fraction,
              "init_vector_bank_bound", PeftKeys::fraction,
              "init_logits_std", PeftKeys::fraction),
          VbLoraKeys::check);

  private VbLoraKeys() {}

  private static void check(ObjectNode keys, Contradictions contradictions) {
    PeftKeys.checkLayers(keys, contradictions);
    if (keys.get("topk").intValue() > keys.get("num_vectors").intValue()) {
      throw contradictions.of(
          "topk",
          "A sub-vector cannot be mixed of "
              + keys.get("topk")
              + " vectors out of "
              + keys.get("num_vectors")
              + " (num_vectors).");
    }
  }
}
