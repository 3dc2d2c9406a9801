package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The modules that PEFT's VB-LoRA adapts when none are named, by the base's model_type. */
final class VbLoraDefaultTargets {
  private static final List<String> QUERY_AND_VALUE = List.of("q_proj", "v_proj");
  private static final List<String> ALL_OF_OPT =
      List.of("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2");

  private static final Map<String, List<String>> BY_MODEL_TYPE =
      Map.ofEntries(
          Map.entry("llama", QUERY_AND_VALUE),
          Map.entry("llama4", QUERY_AND_VALUE),
          Map.entry("gemma", QUERY_AND_VALUE),
          Map.entry("gemma2", QUERY_AND_VALUE),
          Map.entry("gemma3_text", QUERY_AND_VALUE),
          Map.entry("qwen2", QUERY_AND_VALUE),
          Map.entry("qwen3", QUERY_AND_VALUE),
          Map.entry("nemotron_h", List.of("q_proj", "k_proj", "v_proj", "o_proj")),
          Map.entry("opt", ALL_OF_OPT),
          Map.entry("bart", ALL_OF_OPT),
          Map.entry("gpt2", List.of("c_attn")),
          Map.entry("gpt_bigcode", List.of("c_attn")),
          Map.entry("bloom", List.of("query_key_value")),
          Map.entry("bert", List.of("query", "value")),
          Map.entry("roberta", List.of("query", "value")),
          Map.entry("deberta", List.of("in_proj")),
          Map.entry("deberta-v2", List.of("query_proj", "key_proj", "value_proj", "dense")),
          Map.entry("t5", List.of("q", "k", "v", "o", "wi", "wo")),
          Map.entry("mt5", List.of("q", "k", "v", "o", "wi_0", "wi_1", "wo")));

  private VbLoraDefaultTargets() {}

  static List<String> of(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType))
        .orElseThrow(() -> AdapterErrors.noDefaultTargets(modelType));
  }
}
