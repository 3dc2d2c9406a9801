package io.sparkpeft.convert;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * The families of Hugging Face's that a Lit-GPT model can be, each told by what it computes; what
 * is none of these is refused.
 */
enum LitFamily {
  LLAMA("llama", "LlamaForCausalLM"),
  MISTRAL("mistral", "MistralForCausalLM"),
  QWEN2("qwen2", "Qwen2ForCausalLM"),
  QWEN3("qwen3", "Qwen3ForCausalLM"),
  PHI3("phi3", "Phi3ForCausalLM"),
  GEMMA("gemma", "GemmaForCausalLM"),
  GEMMA2("gemma2", "Gemma2ForCausalLM"),
  GEMMA3("gemma3_text", "Gemma3ForCausalLM"),
  PHI("phi", "PhiForCausalLM"),
  GPT_NEOX("gpt_neox", "GPTNeoXForCausalLM"),
  FALCON("falcon", "FalconForCausalLM"),
  FALCON_TWO_NORMS("falcon", "FalconForCausalLM");

  private static final List<String> OF_GEMMA =
      List.of(
          "attention_scores_scalar",
          "attention_logit_softcapping",
          "final_logit_softcapping",
          "rope_local_base_freq");

  final String modelType;

  /** transformers' class. */
  final String architecture;

  LitFamily(String modelType, String architecture) {
    this.modelType = modelType;
    this.architecture = architecture;
  }

  /** Where it has its modules from. */
  NameTable table() {
    return switch (this) {
      case LLAMA, MISTRAL, QWEN2, QWEN3, GEMMA -> LitNames.LLAMA;
      case PHI3 -> LitNames.PHI3;
      case GEMMA2, GEMMA3 -> LitNames.GEMMA2;
      case PHI -> LitNames.PHI;
      case GPT_NEOX -> LitNames.GPT_NEOX;
      case FALCON -> LitNames.FALCON;
      case FALCON_TWO_NORMS -> LitNames.FALCON_TWO_NORMS;
    };
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) naming what no family has
   */
  static LitFamily of(LitConfig config) {
    require(config, "norm_1", c -> c.flag("norm_1", true));
    require(config, "norm_2", c -> c.flag("norm_2", true));
    require(config, "norm_qk_type", c -> c.text("norm_qk_type", "default").equals("default"));
    String mlp = config.text("mlp_class_name", "GptNeoxMLP");
    return switch (mlp) {
      case "LLaMAMLP" -> gated(config);
      case "GemmaMLP" -> gemma(config);
      case "GptNeoxMLP" -> plain(config);
      default -> throw unsupported(config, "mlp_class_name");
    };
  }

  private static LitFamily gated(LitConfig config) {
    requireSequentialRmsNorms(config);
    require(config, "lm_head_bias", c -> !c.flag("lm_head_bias", false));
    require(config, "scale_embeddings", c -> !c.flag("scale_embeddings", false));
    require(config, "post_attention_norm", c -> !c.flag("post_attention_norm", false));
    require(config, "post_mlp_norm", c -> !c.flag("post_mlp_norm", false));
    for (String key : OF_GEMMA) {
      require(config, key, c -> !c.isSet(key));
    }
    if (config.name().toLowerCase(Locale.ROOT).matches("phi-[34].*")) {
      require(config, "bias", c -> !c.bias());
      return PHI3;
    }
    require(config, "rotary_percentage", c -> c.rotaryShare() == 1);
    boolean headNorms = config.flag("norm_qk", false);
    boolean biasedHeads = config.flag("attn_bias", false) && !config.bias();
    if (headNorms) {
      require(config, "attn_bias", c -> !biasedHeads);
    }
    if (headNorms || biasedHeads || config.bias()) {
      require(config, "sliding_window_size", c -> c.slidingWindow().isEmpty());
    }
    if (headNorms) {
      require(config, "bias", c -> !c.bias());
      return QWEN3;
    }
    if (config.slidingWindow().isPresent()) {
      require(config, "sliding_window_indices", c -> !c.windowedLayers().contains(false));
      return MISTRAL;
    }
    return biasedHeads ? QWEN2 : LLAMA;
  }

  private static LitFamily gemma(LitConfig config) {
    requireSequentialRmsNorms(config);
    require(config, "bias", c -> !c.bias() && !c.flag("attn_bias", false));
    require(config, "scale_embeddings", c -> c.flag("scale_embeddings", false));
    // Whether 1 is added to a norm's weight is asked of the name, by litgpt too.
    require(config, "name", c -> c.name().contains("Gemma"));
    require(config, "gelu_approximate", c -> c.text("gelu_approximate", "none").equals("tanh"));
    require(config, "rotary_percentage", c -> c.rotaryShare() == 1);
    boolean around = config.flag("post_attention_norm", false);
    require(config, "post_mlp_norm", c -> c.flag("post_mlp_norm", false) == around);
    if (!around) {
      require(config, "norm_qk", c -> !c.flag("norm_qk", false));
      require(config, "sliding_window_size", c -> c.slidingWindow().isEmpty());
      require(config, "attention_scores_scalar", c -> !c.isSet("attention_scores_scalar"));
      return GEMMA;
    }
    if (config.flag("norm_qk", false)) {
      require(config, "rope_indices", c -> c.layersOfLocalRope().equals(c.windowedLayers()));
      return GEMMA3;
    }
    require(config, "rope_local_base_freq", c -> !c.isSet("rope_local_base_freq"));
    return GEMMA2;
  }

  private static LitFamily plain(LitConfig config) {
    require(
        config,
        "norm_class_name",
        c -> c.text("norm_class_name", "LayerNorm").equals("LayerNorm") && !isOlmo(c));
    require(config, "head_size", c -> c.heads().queries() * c.heads().size() == c.width());
    require(config, "norm_qk", c -> !c.flag("norm_qk", false));
    require(config, "sliding_window_size", c -> c.slidingWindow().isEmpty());
    boolean shared = config.flag("shared_attention_norm", false);
    if (!config.bias()) {
      require(config, "rotary_percentage", c -> c.rotaryShare() == 1);
      require(config, "parallel_residual", c -> c.flag("parallel_residual", true));
      require(config, "n_query_groups", c -> !shared || c.heads().groups() == 1);
      require(config, "lm_head_bias", c -> !c.flag("lm_head_bias", false));
      return shared ? FALCON : FALCON_TWO_NORMS;
    }
    require(config, "lm_head_bias", c -> c.flag("lm_head_bias", false) == shared);
    if (shared) {
      require(config, "parallel_residual", c -> c.flag("parallel_residual", true));
      return PHI;
    }
    require(config, "n_query_groups", c -> c.heads().groups() == c.heads().queries());
    return GPT_NEOX;
  }

  private static boolean isOlmo(LitConfig config) {
    return config.name().contains("OLMo");
  }

  private static void requireSequentialRmsNorms(LitConfig config) {
    require(config, "norm_class_name", c -> c.text("norm_class_name", "").equals("RMSNorm"));
    require(config, "parallel_residual", c -> !c.flag("parallel_residual", true));
  }

  private static void require(LitConfig config, String key, Predicate<LitConfig> holds) {
    if (!holds.test(config)) {
      throw unsupported(config, key);
    }
  }

  private static RuntimeException unsupported(LitConfig config, String key) {
    return ConvertErrors.noFamily(config.file(), config.name(), key, config.values().path(key));
  }
}
