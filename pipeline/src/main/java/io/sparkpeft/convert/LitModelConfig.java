package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.util.Set;
import java.util.TreeSet;

/** The config.json that says of a model what its model_config.yaml does. */
final class LitModelConfig {
  private static final Set<String> LLAMA3_ROPE =
      Set.of("factor", "low_freq_factor", "high_freq_factor", "original_max_seq_len");

  private final LitConfig lit;
  private final LitFamily family;

  private LitModelConfig(LitConfig lit, LitFamily family) {
    this.lit = lit;
    this.family = family;
  }

  /**
   * @param tied whether the head is the embedding
   */
  static ObjectNode of(LitConfig lit, LitFamily family, boolean tied) {
    return new LitModelConfig(lit, family).config(tied);
  }

  private ObjectNode config(boolean tied) {
    ObjectNode config =
        Json.object()
            .put("model_type", family.modelType)
            .put("hidden_size", lit.width())
            .put("num_hidden_layers", lit.whole("n_layer", 0))
            .put("num_attention_heads", lit.heads().queries())
            .put("vocab_size", lit.vocabulary())
            .put("max_position_embeddings", lit.whole("block_size", 4096))
            .put("tie_word_embeddings", tied);
    config.putArray("architectures").add(family.architecture);
    // A file without them would mean the tokens that transformers' class has by default.
    config.putNull("bos_token_id").putNull("eos_token_id").putNull("pad_token_id");
    addRotary(config);
    switch (family) {
      case PHI -> addPhi(config);
      case GPT_NEOX -> addGptNeox(config);
      case FALCON, FALCON_TWO_NORMS -> addFalcon(config);
      default -> addGated(config);
    }
    return config;
  }

  private void addRotary(ObjectNode config) {
    boolean neox = family == LitFamily.GPT_NEOX;
    config.put(neox ? "rotary_emb_base" : "rope_theta", lit.number("rope_base", 10000));
    if (lit.rotaryShare() != 1 || neox) {
      config.put(neox ? "rotary_pct" : "partial_rotary_factor", lit.rotaryShare());
    }
    JsonNode adjustments = lit.values().path("rope_adjustments");
    double condensed = lit.number("rope_condense_ratio", 1);
    if (condensed != 1) {
      refuse(!Json.isFalse(adjustments) && !adjustments.isMissingNode(), "rope_adjustments");
      config.set("rope_scaling", Json.object().put("rope_type", "linear").put("factor", condensed));
    } else if (adjustments.isObject() && !adjustments.isEmpty()) {
      config.set("rope_scaling", ropeScaling(adjustments));
    }
  }

  private JsonNode ropeScaling(JsonNode adjustments) {
    Set<String> keys = new TreeSet<>();
    adjustments.fieldNames().forEachRemaining(keys::add);
    if (keys.equals(Set.of("factor"))) {
      return Json.object().put("rope_type", "linear").set("factor", adjustments.get("factor"));
    }
    refuse(!keys.equals(LLAMA3_ROPE), "rope_adjustments");
    ObjectNode scaling = Json.object().put("rope_type", "llama3");
    scaling.setAll((ObjectNode) adjustments);
    scaling.set("original_max_position_embeddings", scaling.remove("original_max_seq_len"));
    return scaling;
  }

  private void addPhi(ObjectNode config) {
    config
        .put("intermediate_size", lit.intermediateSize())
        .put("num_key_value_heads", lit.heads().groups())
        .put("layer_norm_eps", normEps())
        .put("hidden_act", gelu())
        .put("qk_layernorm", false);
  }

  private void addGptNeox(ObjectNode config) {
    config
        .put("intermediate_size", lit.intermediateSize())
        .put("layer_norm_eps", normEps())
        .put("hidden_act", gelu())
        .put("use_parallel_residual", lit.flag("parallel_residual", true))
        .put("attention_bias", true);
  }

  private void addFalcon(ObjectNode config) {
    boolean grouped = family == LitFamily.FALCON_TWO_NORMS;
    config
        .put("ffn_hidden_size", lit.intermediateSize())
        .put("num_kv_heads", lit.heads().groups())
        .put("multi_query", true)
        .put("new_decoder_architecture", grouped)
        .put("parallel_attn", true)
        .put("bias", false)
        .put("alibi", false)
        .put("activation", gelu())
        .put("layer_norm_epsilon", normEps());
  }

  private void addGated(ObjectNode config) {
    config
        .put("intermediate_size", lit.intermediateSize())
        .put("num_key_value_heads", lit.heads().groups())
        .put("head_dim", lit.heads().size())
        .put("rms_norm_eps", normEps());
    switch (family) {
      case GEMMA2, GEMMA3 -> addAroundNorms(config);
      case GEMMA -> config.put("hidden_act", "gelu_pytorch_tanh").put("attention_bias", false);
      default -> config.put("hidden_act", "silu");
    }
    switch (family) {
      case LLAMA -> config.put("attention_bias", lit.bias()).put("mlp_bias", lit.bias());
      case QWEN3 -> config.put("attention_bias", false).put("use_sliding_window", false);
      case QWEN2 -> config.put("use_sliding_window", false);
      case MISTRAL, PHI3 -> addWindow(config);
      default -> {}
    }
  }

  private void addWindow(ObjectNode config) {
    if (lit.slidingWindow().isPresent()) {
      refuse(lit.windowedLayers().contains(false), "sliding_window_indices");
      config.put("sliding_window", lit.slidingWindow().getAsInt());
    } else {
      config.putNull("sliding_window");
    }
  }

  private void addAroundNorms(ObjectNode config) {
    Heads heads = lit.heads();
    config
        .put("hidden_activation", "gelu_pytorch_tanh")
        .put("attention_bias", false)
        .put("query_pre_attn_scalar", lit.whole("attention_scores_scalar", heads.size()))
        .put("sliding_window", lit.slidingWindow().orElse(4096));
    config.set("attn_logit_softcapping", lit.values().get("attention_logit_softcapping"));
    config.set("final_logit_softcapping", lit.values().get("final_logit_softcapping"));
    ArrayNode kinds = config.putArray("layer_types");
    lit.windowedLayers()
        .forEach(slides -> kinds.add(slides ? "sliding_attention" : "full_attention"));
    if (family == LitFamily.GEMMA3) {
      config.put("rope_local_base_freq", lit.number("rope_local_base_freq", 10000));
    }
  }

  private double normEps() {
    return lit.number("norm_eps", 1e-5);
  }

  private String gelu() {
    return lit.text("gelu_approximate", "none").equals("tanh") ? "gelu_new" : "gelu";
  }

  private void refuse(boolean refused, String key) {
    if (refused) {
      throw ConvertErrors.noFamily(lit.file(), lit.name(), key, lit.values().path(key));
    }
  }
}
