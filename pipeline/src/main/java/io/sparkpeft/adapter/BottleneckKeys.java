package io.sparkpeft.adapter;

import io.sparkpeft.adapter.PeftKeys.Rule;
import io.sparkpeft.base.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The keys of the BottleneckConfig in LLM-Adapters' fork of PEFT. */
final class BottleneckKeys {
  /** The fork's defaults, beside the keys that PEFT gives every adapter. */
  private static final String DEFAULTS =
      """
      {
        "adapter_dropout": 0.0, "auto_mapping": null, "base_model_name_or_path": null,
        "bias": "none", "bottleneck_size": 256, "fan_in_fan_out": false, "inference_mode": false,
        "init_weights": "bert", "modules_to_save": null, "non_linearity": "tanh",
        "peft_type": "BOTTLENECK", "peft_version": null, "revision": null, "scaling": 1.0,
        "target_modules": null, "task_type": null, "use_adapterp": false,
        "use_parallel_adapter": false
      }
      """;

  /** The names that transformers has for what we compute. */
  private static final List<String> ACTIVATIONS =
      List.of(
          "gelu", "gelu_fast", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh");

  static final PeftKeys.Schema SCHEMA =
      new PeftKeys.Schema(
          "bottleneck",
          DEFAULTS,
          Map.of(
              "bottleneck_size", Rule.COUNT,
              "adapter_dropout", Rule.SHARE,
              "non_linearity", Rule.oneOf(ACTIVATIONS),
              "init_weights", Rule.oneOf(List.of("bert", "mam_adapter")),
              "scaling", Rule.NUMBER,
              "use_parallel_adapter", Rule.BOOLEAN,
              "use_adapterp", Rule.BOOLEAN),
          Map.of(),
          Set.of(),
          Map.of(
              "adapter_dropout", PeftKeys::fraction,
              "scaling", PeftKeys::fraction,
              "init_weights", value -> value.isNull() ? Json.tree("bert") : value),
          (keys, contradictions) -> {});

  private BottleneckKeys() {}
}
