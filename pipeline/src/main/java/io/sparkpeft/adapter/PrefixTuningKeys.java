package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.PeftKeys.Contradictions;
import io.sparkpeft.adapter.PeftKeys.Rule;
import java.util.Map;
import java.util.Set;

/** The keys of PEFT's PrefixTuningConfig. */
final class PrefixTuningKeys {
  /** What PEFT 0.21.2 writes for {@code PrefixTuningConfig()}. */
  private static final String DEFAULTS =
      """
      {
        "auto_mapping": null, "base_model_name_or_path": null, "encoder_hidden_size": null,
        "inference_mode": false, "init_weights": null, "modules_to_save": null,
        "num_attention_heads": null, "num_layers": null, "num_transformer_submodules": null,
        "num_virtual_tokens": null, "peft_type": "PREFIX_TUNING", "peft_version": "0.21.2",
        "prefix_projection": false, "revision": null, "task_type": null, "token_dim": null
      }
      """;

  private static final Rule COUNT_OR_NULL =
      new Rule("a whole number from 1 or null", PrefixTuningKeys::isCountOrNull);

  static final PeftKeys.Schema SCHEMA =
      new PeftKeys.Schema(
          "prefix tuning",
          DEFAULTS,
          Map.of(
              "num_virtual_tokens", COUNT_OR_NULL,
              "encoder_hidden_size", COUNT_OR_NULL,
              "num_attention_heads", COUNT_OR_NULL,
              "num_layers", COUNT_OR_NULL,
              "num_transformer_submodules", COUNT_OR_NULL,
              "token_dim", COUNT_OR_NULL,
              "prefix_projection", Rule.BOOLEAN,
              "init_weights",
                  new Rule(
                      "\"zero\" or null",
                      value -> value.isNull() || value.asText().equals("zero"))),
          Map.of(),
          Set.of(),
          Map.of(),
          PrefixTuningKeys::check);

  private PrefixTuningKeys() {}

  private static boolean isCountOrNull(JsonNode value) {
    return value.isNull() || PeftKeys.isCount(value);
  }

  private static void check(ObjectNode keys, Contradictions contradictions) {
    if (keys.get("num_virtual_tokens").isNull()) {
      throw contradictions.of("peft_type", "Prefix tuning needs num_virtual_tokens.");
    }
  }
}
