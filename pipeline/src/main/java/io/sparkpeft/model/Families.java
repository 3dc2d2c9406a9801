package io.sparkpeft.model;

import static io.sparkpeft.model.Family.named;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The families of models that are computed, by their model_type. */
final class Families {
  private static final Map<String, String> LAYER_NORM = Map.of("norm_eps", "layer_norm_eps");

  private static final Family LLAMA =
      named("llama", ModuleNames.LLAMA)
          .biased(FamilyRules::llamaBiases)
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 2048, "hidden_act": "silu",
               "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false}
              """);

  private static final Family MISTRAL =
      named("mistral", ModuleNames.LLAMA)
          .layers(FamilyRules::windowed)
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 131072, "hidden_act": "silu",
               "tie_word_embeddings": false, "num_key_value_heads": 8, "sliding_window": 4096}
              """);

  private static final Family QWEN2 =
      named("qwen2", ModuleNames.LLAMA)
          .biased(config -> FamilyRules.HEADS)
          .layers(FamilyRules::qwenLayer)
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 32768, "hidden_act": "silu",
               "tie_word_embeddings": false, "num_key_value_heads": 32,
               "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28,
               "layer_types": null}
              """);

  private static final Family QWEN3 =
      named("qwen3", ModuleNames.LLAMA)
          .headNorms()
          .biased(FamilyRules::llamaBiases)
          .layers(FamilyRules::qwenLayer)
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 32768, "hidden_act": "silu",
               "tie_word_embeddings": false, "num_key_value_heads": 32, "head_dim": 128,
               "attention_bias": false, "use_sliding_window": false, "sliding_window": 4096,
               "max_window_layers": 28, "layer_types": null}
              """);

  private static final Family MIXTRAL =
      named("mixtral", ModuleNames.LLAMA)
          .experts(FamilyRules::mixtralExperts)
          .layers(FamilyRules::windowed)
          .defaults(
              """
              {"rms_norm_eps": 1e-5, "max_position_embeddings": 131072, "hidden_act": "silu",
               "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 1000000.0,
               "sliding_window": null, "num_local_experts": 8, "num_experts_per_tok": 2}
              """);

  private static final Family QWEN3_MOE =
      named("qwen3_moe", ModuleNames.LLAMA)
          .headNorms()
          .biased(FamilyRules::llamaBiases)
          .experts(FamilyRules::qwenExperts)
          .layers(FamilyRules::windowed)
          .keys(Map.of("norm_eps", "rms_norm_eps", "intermediate_size", "moe_intermediate_size"))
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 32768, "hidden_act": "silu",
               "tie_word_embeddings": false, "num_key_value_heads": 4, "attention_bias": false,
               "use_sliding_window": false, "sliding_window": 4096, "num_experts": 128,
               "num_local_experts": null, "num_experts_per_tok": 8, "norm_topk_prob": false,
               "moe_intermediate_size": 768, "decoder_sparse_step": 1}
              """);

  private static final Family SMOLLM3 =
      named("smollm3", ModuleNames.LLAMA)
          .biased(FamilyRules::llamaBiases)
          .layers(FamilyRules::smollm3Layer)
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 32768, "hidden_act": "silu",
               "tie_word_embeddings": true, "num_key_value_heads": 4, "rope_theta": 2000000.0,
               "attention_bias": false, "mlp_bias": false, "use_sliding_window": false,
               "sliding_window": null, "layer_types": null, "no_rope_layers": null,
               "no_rope_layer_interval": 4}
              """);

  private static final Family GEMMA =
      named("gemma", ModuleNames.LLAMA)
          .norm(NormKind.OFFSET_RMS)
          .embedding(FamilyRules::scaled)
          .activations(Map.of("gelu", "gelu_pytorch_tanh"))
          .biased(FamilyRules::llamaBiases)
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 8192,
               "hidden_act": "gelu_pytorch_tanh", "tie_word_embeddings": true,
               "num_key_value_heads": 16, "head_dim": 256, "attention_bias": false}
              """);

  private static final Family GEMMA2 =
      named("gemma2", ModuleNames.GEMMA2)
          .norm(NormKind.OFFSET_RMS)
          .embedding(FamilyRules::scaled)
          .residual(config -> Residual.NORM_AROUND)
          .biased(FamilyRules::llamaBiases)
          .layers(FamilyRules::gemma2Layer)
          .keys(Map.of("norm_eps", "rms_norm_eps", "hidden_act", "hidden_activation"))
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 8192,
               "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true,
               "num_key_value_heads": 4, "head_dim": 256, "attention_bias": false,
               "query_pre_attn_scalar": 256, "sliding_window": 4096, "layer_types": null,
               "final_logit_softcapping": 30.0, "attn_logit_softcapping": 50.0}
              """);

  private static final Family GEMMA3 =
      named("gemma3_text", ModuleNames.GEMMA2)
          .norm(NormKind.OFFSET_RMS)
          .embedding(FamilyRules::scaled)
          .headNorms()
          .residual(config -> Residual.NORM_AROUND)
          .biased(FamilyRules::llamaBiases)
          .layers(FamilyRules::gemma3Layer)
          .keys(Map.of("norm_eps", "rms_norm_eps", "hidden_act", "hidden_activation"))
          .defaults(
              """
              {"rms_norm_eps": 1e-6, "max_position_embeddings": 131072,
               "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true,
               "num_key_value_heads": 4, "head_dim": 256, "attention_bias": false,
               "query_pre_attn_scalar": 256, "sliding_window": 4096, "layer_types": null,
               "sliding_window_pattern": 6, "rope_theta": 1000000.0,
               "rope_local_base_freq": 10000.0, "final_logit_softcapping": null,
               "attn_logit_softcapping": null}
              """);

  private static final Family PHI =
      named("phi", ModuleNames.PHI)
          .norm(NormKind.LAYER)
          .mlp(MlpShape.PLAIN)
          .residual(config -> Residual.PARALLEL)
          .biased(config -> FamilyRules.ALL)
          .headBias()
          .keys(LAYER_NORM)
          .defaults(
              """
              {"layer_norm_eps": 1e-5, "max_position_embeddings": 2048, "hidden_act": "gelu_new",
               "tie_word_embeddings": false, "partial_rotary_factor": 0.5}
              """);

  private static final Family PHI3 =
      named("phi3", ModuleNames.PHI3)
          .fusion(Fusion.STACKED)
          .mlp(MlpShape.FUSED_GATED)
          .layers(FamilyRules::windowed)
          .defaults(
              """
              {"rms_norm_eps": 1e-5, "max_position_embeddings": 4096, "hidden_act": "silu",
               "tie_word_embeddings": false, "partial_rotary_factor": 1.0,
               "original_max_position_embeddings": 4096, "sliding_window": null}
              """);

  private static final Family STARCODER2 =
      named("starcoder2", ModuleNames.STARCODER2)
          .norm(NormKind.LAYER)
          .mlp(MlpShape.PLAIN)
          .biased(config -> FamilyRules.allIf(config, "use_bias"))
          .layers(FamilyRules::windowed)
          .keys(Map.of("norm_eps", "norm_epsilon"))
          .defaults(
              """
              {"norm_epsilon": 1e-5, "max_position_embeddings": 4096,
               "hidden_act": "gelu_pytorch_tanh", "tie_word_embeddings": true,
               "num_key_value_heads": 2, "use_bias": true, "sliding_window": null}
              """);

  private static final Family GPT2 =
      named("gpt2", ModuleNames.GPT2)
          .norm(NormKind.LAYER)
          .embedding(hidden -> FamilyRules.learnedPositions(0))
          .fusion(Fusion.STACKED)
          .mlp(MlpShape.PLAIN)
          .biased(config -> FamilyRules.ALL)
          .layers(FamilyRules::withoutTurning)
          .keys(
              Map.of(
                  "hidden_size", "n_embd",
                  "max_position_embeddings", "n_positions",
                  "num_attention_heads", "n_head",
                  "num_hidden_layers", "n_layer",
                  "intermediate_size", "n_inner",
                  "hidden_act", "activation_function",
                  "norm_eps", "layer_norm_epsilon"))
          .defaults(
              """
              {"layer_norm_epsilon": 1e-5, "n_positions": 1024, "n_inner": null,
               "activation_function": "gelu_new", "tie_word_embeddings": true}
              """);

  private static final Family OPT =
      named("opt", ModuleNames.OPT)
          .norm(NormKind.LAYER)
          .embedding(hidden -> FamilyRules.learnedPositions(2))
          .mlp(MlpShape.PLAIN)
          .residual(FamilyRules::optResidual)
          .biased(config -> FamilyRules.allIf(config, "enable_bias"))
          .layers(FamilyRules::withoutTurning)
          .keys(Map.of("intermediate_size", "ffn_dim", "hidden_act", "activation_function"))
          .defaults(
              """
              {"norm_eps": 1e-5, "max_position_embeddings": 2048, "activation_function": "relu",
               "tie_word_embeddings": true, "do_layer_norm_before": true, "enable_bias": true}
              """);

  private static final Family GPT_NEOX =
      named("gpt_neox", ModuleNames.GPT_NEOX)
          .norm(NormKind.LAYER)
          .fusion(Fusion.GROUPED)
          .mlp(MlpShape.PLAIN)
          .residual(FamilyRules::neoxResidual)
          .biased(FamilyRules::neoxBiases)
          .keys(
              Map.of(
                  "norm_eps", "layer_norm_eps",
                  "rope_theta", "rotary_emb_base",
                  "partial_rotary_factor", "rotary_pct"))
          .defaults(
              """
              {"layer_norm_eps": 1e-5, "max_position_embeddings": 2048, "hidden_act": "gelu",
               "tie_word_embeddings": false, "rotary_pct": 0.25, "rotary_emb_base": 10000.0,
               "use_parallel_residual": true, "attention_bias": true}
              """);

  private static final Family FALCON =
      named("falcon", ModuleNames.FALCON)
          .names(FamilyRules::falconNames)
          .norm(NormKind.LAYER)
          .fusion(Fusion.GROUPED)
          .kvHeads(FamilyRules::falconKvHeads)
          .mlp(MlpShape.PLAIN)
          .residual(FamilyRules::falconResidual)
          .biased(config -> FamilyRules.allIf(config, "bias"))
          .layers(FamilyRules::falconLayer)
          .keys(
              Map.of(
                  "norm_eps", "layer_norm_epsilon",
                  "num_key_value_heads", "num_kv_heads",
                  "intermediate_size", "ffn_hidden_size",
                  "hidden_act", "activation"))
          .defaults(
              """
              {"layer_norm_epsilon": 1e-5, "max_position_embeddings": 2048, "activation": "gelu",
               "tie_word_embeddings": true, "ffn_hidden_size": null, "num_kv_heads": null,
               "alibi": false, "bias": false, "multi_query": true, "parallel_attn": true,
               "new_decoder_architecture": false, "num_ln_in_parallel_attn": null}
              """);

  private static final Map<String, Family> BY_MODEL_TYPE =
      Stream.of(
              LLAMA,
              MISTRAL,
              QWEN2,
              QWEN3,
              QWEN3_MOE,
              MIXTRAL,
              SMOLLM3,
              GEMMA,
              GEMMA2,
              GEMMA3,
              PHI,
              PHI3,
              STARCODER2,
              GPT2,
              OPT,
              GPT_NEOX,
              FALCON)
          .collect(
              Collectors.toMap(
                  Family::modelType, family -> family, (first, second) -> first, TreeMap::new));

  private Families() {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) for a family that is not computed
   */
  static Family of(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType))
        .orElseThrow(
            () ->
                ModelErrors.unsupported(
                    "model_type", modelType, String.join(", ", BY_MODEL_TYPE.keySet())));
  }
}
