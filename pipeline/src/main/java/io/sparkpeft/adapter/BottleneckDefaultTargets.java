package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The modules that LLM-Adapters adapts when none are named, by the base's model_type. */
final class BottleneckDefaultTargets {
  private static final List<String> QUERY_KEY_VALUE = List.of("q_proj", "v_proj", "k_proj");

  private static final Map<String, List<String>> SERIES =
      Map.of(
          "bloom", List.of("dense_h_to_4h", "dense_4h_to_h"),
          "chatglm", List.of("dense_h_to_4h", "dense_4h_to_h"),
          "gptj", List.of("fc_in", "fc_out"),
          "gpt_neo", List.of("c_fc", "c_proj"),
          "llama", List.of("gate_proj", "up_proj", "down_proj"),
          "opt", List.of("fc1", "fc2"));

  private static final Map<String, List<String>> PFEIFFER =
      Map.of(
          "bloom", List.of("dense_4h_to_h"),
          "chatglm", List.of("dense_4h_to_h"),
          "gptj", List.of("fc_out"),
          "gpt_neo", List.of("c_proj"),
          "llama", List.of("down_proj"),
          "opt", List.of("fc2"));

  private static final Map<String, List<String>> PARALLEL =
      Map.of(
          "bloom", List.of("query_key_value"),
          "chatglm", List.of("query_key_value"),
          "gptj", QUERY_KEY_VALUE,
          "gpt_neo", QUERY_KEY_VALUE,
          "llama", QUERY_KEY_VALUE,
          "opt", QUERY_KEY_VALUE);

  private BottleneckDefaultTargets() {}

  static List<String> of(String modelType, boolean parallel, boolean pfeiffer) {
    Map<String, List<String>> behind = pfeiffer ? PFEIFFER : SERIES;
    return Optional.ofNullable((parallel ? PARALLEL : behind).get(modelType))
        .orElseThrow(() -> AdapterErrors.noDefaultTargets(modelType));
  }
}
