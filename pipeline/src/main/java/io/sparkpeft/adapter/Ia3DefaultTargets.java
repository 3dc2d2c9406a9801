package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The modules that PEFT's IA3 adapts when none are named, by the base's model_type. */
final class Ia3DefaultTargets {

  /**
   * @param all of them
   * @param feedforward those whose inputs are scaled
   */
  private record Default(List<String> all, List<String> feedforward) {}

  private static final Default KEY_AND_VALUE =
      new Default(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj"));
  private static final Default QUERY_AND_VALUE =
      new Default(List.of("q_proj", "v_proj", "down_proj"), List.of("down_proj"));
  private static final Default FUSED =
      new Default(List.of("query_key_value", "dense_4h_to_h"), List.of("dense_4h_to_h"));
  private static final Default GPT2 =
      new Default(List.of("c_attn", "mlp.c_proj"), List.of("mlp.c_proj"));
  private static final Default BERT =
      new Default(List.of("key", "value", "output.dense"), List.of("output.dense"));
  private static final Default QUERY_AND_VALUE_FC2 =
      new Default(List.of("q_proj", "v_proj", "fc2"), List.of("fc2"));

  private static final Map<String, Default> BY_MODEL_TYPE =
      Map.ofEntries(
          Map.entry("llama", KEY_AND_VALUE),
          Map.entry("mistral", KEY_AND_VALUE),
          Map.entry("mixtral", new Default(List.of("k_proj", "v_proj", "w2"), List.of("w2"))),
          Map.entry("llama4", QUERY_AND_VALUE),
          Map.entry("gemma", QUERY_AND_VALUE),
          Map.entry("gemma2", QUERY_AND_VALUE),
          Map.entry("gemma3_text", QUERY_AND_VALUE),
          Map.entry("qwen2", QUERY_AND_VALUE),
          Map.entry("qwen3", QUERY_AND_VALUE),
          Map.entry("phi", QUERY_AND_VALUE_FC2),
          Map.entry("bart", QUERY_AND_VALUE_FC2),
          Map.entry("opt", new Default(List.of("q_proj", "k_proj", "fc2"), List.of("fc2"))),
          Map.entry("gptj", new Default(List.of("q_proj", "v_proj", "fc_out"), List.of("fc_out"))),
          Map.entry(
              "gpt_neo", new Default(List.of("q_proj", "v_proj", "c_proj"), List.of("c_proj"))),
          Map.entry("gpt2", GPT2),
          Map.entry("gpt_bigcode", GPT2),
          Map.entry("gpt_neox", FUSED),
          Map.entry("falcon", FUSED),
          Map.entry("RefinedWeb", FUSED),
          Map.entry("RefinedWebModel", FUSED),
          Map.entry(
              "bloom",
              new Default(
                  List.of("query_key_value", "mlp.dense_4h_to_h"), List.of("mlp.dense_4h_to_h"))),
          Map.entry("bert", BERT),
          Map.entry("roberta", BERT),
          Map.entry(
              "deberta-v2",
              new Default(
                  List.of("key_proj", "value_proj", "output.dense"), List.of("output.dense"))),
          Map.entry(
              "deberta", new Default(List.of("in_proj", "output.dense"), List.of("output.dense"))),
          Map.entry("t5", new Default(List.of("k", "v", "wo"), List.of("wo"))),
          Map.entry("mt5", new Default(List.of("k", "v", "wi_1"), List.of())));

  private Ia3DefaultTargets() {}

  static List<String> of(String modelType) {
    return found(modelType).all();
  }

  static Optional<List<String>> find(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType)).map(Default::all);
  }

  /** Those whose inputs are scaled. */
  static List<String> feedforward(String modelType) {
    return found(modelType).feedforward();
  }

  private static Default found(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType))
        .orElseThrow(() -> AdapterErrors.noDefaultTargets(modelType));
  }
}
