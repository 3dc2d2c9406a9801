package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.base.Json;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class DecoderConfigTest {

  @Test
  void leftOutKeysHaveTheirDefaults() {
    DecoderConfig config = DecoderConfig.read(llama2());
    assertThat(config.attention())
        .isEqualTo(
            new DecoderConfig.Attention(
                32,
                32,
                128,
                1 / Math.sqrt(128),
                OptionalDouble.empty(),
                Fusion.SEPARATE,
                false,
                false));
    assertThat(config.normalization())
        .isEqualTo(new DecoderConfig.Normalization(NormKind.RMS, 1e-6));
    assertThat(rotary(llama2())).isEqualTo(new Rotary(128, 10000, new RotaryScaling.None()));
    assertThat(config.layers()).isEqualTo(32);
    assertThat(config.maxPositionEmbeddings()).isEqualTo(2048);
    assertThat(config.head().tied()).isFalse();
    assertThat(config.stored()).isEmpty();
    assertThat(config.eosIds()).isEmpty();
  }

  @Test
  void countsTheParametersOfLlama2() {
    assertThat(DecoderConfig.read(llama2()).parameterCount()).isEqualTo(6_738_415_616L);
    assertThat(DecoderConfig.read(llama2().put("tie_word_embeddings", true)).parameterCount())
        .isEqualTo(6_607_343_616L);
  }

  @Test
  void namesLinearModulesAsPeftDoes() {
    DecoderConfig config = DecoderConfig.read(llama2().put("num_key_value_heads", 8));
    assertThat(config.linearModules()).hasSize(32 * 7 + 1);
    assertThat(config.linearModules())
        .startsWith(
            new LinearModule("model.layers.0.self_attn.q_proj", 4096, 4096),
            new LinearModule("model.layers.0.self_attn.k_proj", 4096, 1024),
            new LinearModule("model.layers.0.self_attn.v_proj", 4096, 1024),
            new LinearModule("model.layers.0.self_attn.o_proj", 4096, 4096),
            new LinearModule("model.layers.0.mlp.gate_proj", 4096, 11008),
            new LinearModule("model.layers.0.mlp.up_proj", 4096, 11008),
            new LinearModule("model.layers.0.mlp.down_proj", 11008, 4096))
        .endsWith(new LinearModule("lm_head", 4096, 32000));
  }

  @Test
  void readsOldAndNewKeysOfRotaryScaling() {
    Map<String, Object> old =
        Map.of(
            "type", "llama3",
            "factor", 8.0,
            "low_freq_factor", 1.0,
            "high_freq_factor", 4.0,
            "original_max_position_embeddings", 8192);
    ObjectNode before = llama2().put("rope_theta", 500000.0);
    before.set("rope_scaling", Json.tree(old));
    ObjectNode after = llama2();
    ObjectNode parameters = (ObjectNode) Json.tree(old);
    parameters.remove("type");
    parameters.put("rope_type", "llama3").put("rope_theta", 500000.0);
    after.set("rope_parameters", parameters);
    assertThat(rotary(before))
        .isEqualTo(new Rotary(128, 500000, new RotaryScaling.Llama3(8, 1, 4, 8192)))
        .isEqualTo(rotary(after));
  }

  @Test
  void dynamicScalingLengthensTheContext() {
    ObjectNode config = llama2();
    config.set("rope_scaling", Json.tree(Map.of("type", "dynamic", "factor", 2.5)));
    assertThat(DecoderConfig.read(config).contextLength()).isEqualTo(5120);
  }

  @Test
  void oneOrSeveralEndsOfSequence() {
    assertThat(DecoderConfig.read(llama2().put("eos_token_id", 2)).eosIds()).containsExactly(2);
    ObjectNode several = llama2();
    several.set("eos_token_id", Json.tree(new int[] {5, 7}));
    assertThat(DecoderConfig.read(several).eosIds()).containsExactlyInAnyOrder(5, 7);
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    refused(
        llama2().put("model_type", "mamba"),
        "model_type 'mamba' of config.json is not supported. Supported: falcon, gemma, gemma2,");
    refused(llama2().put("hidden_act", "softplus"), "hidden_act 'softplus' of config.json");
    refused(llama2().put("sliding_window", 9), "not supported: sliding_window = 9.");
    refused(llama2().put("num_experts", 32), "not supported: num_experts = 32.");
    refused(llama2().put("partial_rotary_factor", 0.5), "partial_rotary_factor '0.5'");
    ObjectNode other = llama2();
    other.set("rope_scaling", Json.tree(Map.of("type", "spiral")));
    refused(other, "rope_type 'spiral' of config.json is not supported. Supported: default");
  }

  /** Key and value, or the family, whatever the family calls the key. */
  @Test
  void refusesVariantsOfKnownFamilies() {
    refused(of("phi").put("qk_layernorm", true), "not supported: qk_layernorm = true.");
    refused(of("opt").put("word_embed_proj_dim", 512), "not supported: word_embed_proj_dim = 512.");
    refused(
        of("opt").put("layer_norm_elementwise_affine", false),
        "not supported: layer_norm_elementwise_affine = false.");
    refused(
        of("gpt2")
            .put("n_embd", 64)
            .put("n_layer", 2)
            .put("n_head", 4)
            .put("add_cross_attention", true),
        "not supported: add_cross_attention = true.");
    refused(of("gemma2").put("hidden_activation", "mish"), "hidden_activation 'mish'");
    refused(of("deepseek_v3").put("n_routed_experts", 8), "model_type 'deepseek_v3'");
    refused(
        of("mixtral").put("router_jitter_noise", 0.1),
        "router_jitter_noise '0.1' of config.json is not supported." + " Supported: 0.");
    refused(of("qwen3_moe").put("decoder_sparse_step", 2), "decoder_sparse_step '2'");
    refused(of("qwen3_moe").put("output_router_logits", true), "output_router_logits");
    refused(of("qwen3_moe").set("mlp_only_layers", Json.tree(List.of(0))), "mlp_only_layers");
    ObjectNode chunked = of("qwen3").put("head_dim", 16);
    chunked.set("layer_types", Json.tree(List.of("chunked_attention", "full_attention")));
    refused(
        chunked,
        "layer_types 'chunked_attention' of config.json is not supported."
            + " Supported: sliding_attention, full_attention.");
  }

  private static ObjectNode of(String modelType) {
    return Json.object()
        .put("model_type", modelType)
        .put("hidden_size", 64)
        .put("intermediate_size", 128)
        .put("ffn_dim", 128)
        .put("num_attention_heads", 4)
        .put("num_key_value_heads", 4)
        .put("num_hidden_layers", 2)
        .put("vocab_size", 100);
  }

  @Test
  void refusesWhatCannotBe() {
    ObjectNode none = llama2();
    none.remove("hidden_size");
    refused(none, "config.json has no hidden_size.");
    refused(
        llama2().put("num_hidden_layers", "many"), "num_hidden_layers of config.json is \"many\"");
    refused(llama2().put("num_key_value_heads", 5), "num_key_value_heads is 5 and");
    refused(llama2().put("head_dim", 3), "the size of a head is 3");
    refused(Json.object(), "config.json has no model_type.");
  }

  @Test
  void choicesThatAreOffAreNoChoices() {
    assertThat(DecoderConfig.read(llama2().put("mlp_bias", false).putNull("sliding_window")))
        .isEqualTo(DecoderConfig.read(llama2()));
  }

  private static Rotary rotary(ObjectNode config) {
    return DecoderConfig.read(config).layerPlans().get(0).rotary().orElseThrow();
  }

  private static void refused(ObjectNode config, String message) {
    assertThatThrownBy(() -> DecoderConfig.read(config)).hasMessageContaining(message);
  }

  private static ObjectNode llama2() {
    return Json.object()
        .put("model_type", "llama")
        .put("hidden_size", 4096)
        .put("intermediate_size", 11008)
        .put("num_attention_heads", 32)
        .put("num_hidden_layers", 32)
        .put("vocab_size", 32000);
  }
}
