package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The modules that PEFT's LoRA adapts when none are named, by the base's model_type. */
final class LoraDefaultTargets {
  private static final List<String> QUERY_AND_VALUE = List.of("q_proj", "v_proj");
  private static final List<String> FUSED = List.of("query_key_value");
  private static final List<String> BERT = List.of("query", "value");

  private static final Map<String, List<String>> BY_MODEL_TYPE =
      Map.ofEntries(
          Map.entry("llama", QUERY_AND_VALUE),
          Map.entry("llama4", QUERY_AND_VALUE),
          Map.entry("mistral", QUERY_AND_VALUE),
          Map.entry("mixtral", QUERY_AND_VALUE),
          Map.entry("stablelm", QUERY_AND_VALUE),
          Map.entry("gemma", QUERY_AND_VALUE),
          Map.entry("gemma2", QUERY_AND_VALUE),
          Map.entry("gemma3_text", QUERY_AND_VALUE),
          Map.entry("qwen2", QUERY_AND_VALUE),
          Map.entry("qwen3", QUERY_AND_VALUE),
          Map.entry("opt", QUERY_AND_VALUE),
          Map.entry("gptj", QUERY_AND_VALUE),
          Map.entry("gpt_neo", QUERY_AND_VALUE),
          Map.entry("bart", QUERY_AND_VALUE),
          Map.entry("phi", List.of("q_proj", "v_proj", "fc1", "fc2")),
          Map.entry("nemotron_h", List.of("q_proj", "k_proj", "v_proj", "o_proj")),
          Map.entry("gpt2", List.of("c_attn")),
          Map.entry("gpt_bigcode", List.of("c_attn")),
          Map.entry("mpt", List.of("Wqkv")),
          Map.entry("codegen", List.of("qkv_proj")),
          Map.entry("bloom", FUSED),
          Map.entry("gpt_neox", FUSED),
          Map.entry("falcon", FUSED),
          Map.entry("RefinedWeb", FUSED),
          Map.entry("RefinedWebModel", FUSED),
          Map.entry("chatglm", FUSED),
          Map.entry("bert", BERT),
          Map.entry("roberta", BERT),
          Map.entry("xlm-roberta", BERT),
          Map.entry("electra", BERT),
          Map.entry("deberta-v2", List.of("query_proj", "value_proj")),
          Map.entry("deberta", List.of("in_proj")),
          Map.entry("t5", List.of("q", "v")),
          Map.entry("mt5", List.of("q", "v")));

  private LoraDefaultTargets() {}

  static List<String> of(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType))
        .orElseThrow(() -> AdapterErrors.noDefaultTargets(modelType));
  }
}
