package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.PeftKeys.Contradictions;
import io.sparkpeft.adapter.PeftKeys.Rule;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The keys of PEFT's IA3Config. */
final class Ia3Keys {
  /** What PEFT 0.21.2 writes for {@code IA3Config()}. */
  private static final String DEFAULTS =
      """
      {
        "auto_mapping": null, "base_model_name_or_path": null, "exclude_modules": null,
        "fan_in_fan_out": false, "feedforward_modules": null, "inference_mode": false,
        "init_ia3_weights": true, "modules_to_save": null, "peft_type": "IA3",
        "peft_version": "0.21.2", "revision": null, "target_modules": null, "task_type": null
      }
      """;

  static final PeftKeys.Schema SCHEMA =
      new PeftKeys.Schema(
          "IA3",
          DEFAULTS,
          Map.of(
              "feedforward_modules", Rule.MODULES,
              "init_ia3_weights", Rule.BOOLEAN,
              "modules_to_save", Rule.NAMES),
          Map.of(),
          Set.of(),
          Map.of(),
          Ia3Keys::check);

  private Ia3Keys() {}

  private static void check(ObjectNode keys, Contradictions contradictions) {
    JsonNode targets = keys.get("target_modules");
    JsonNode feedforward = keys.get("feedforward_modules");
    if (!targets.isArray() || !feedforward.isArray()) {
      return;
    }
    List<String> names = PeftKeys.texts(targets);
    if (!names.containsAll(PeftKeys.texts(feedforward))) {
      throw contradictions.of(
          "feedforward_modules", "They must be among target_modules, which are " + targets + ".");
    }
  }
}
