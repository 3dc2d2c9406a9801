package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.model.DecoderConfig.Attention;
import io.sparkpeft.model.DecoderConfig.GatedMlp;
import io.sparkpeft.model.DecoderConfig.RmsNorm;
import io.sparkpeft.tensor.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads config.json as transformers' LlamaConfig does, and refuses what would change the model. */
final class ConfigReader {
  private static final String FAMILY = "llama";

  /** Keys that, when set, make another model of it than the one that is computed here. */
  private static final List<String> REFUSED =
      List.of(
          "attention_bias",
          "mlp_bias",
          "num_experts",
          "num_local_experts",
          "sliding_window",
          "attn_logit_softcapping",
          "final_logit_softcapping",
          "embedding_multiplier",
          "residual_multiplier",
          "attention_multiplier",
          "logits_scaling",
          "use_qk_norm",
          "layer_types");

  private final ConfigValues values;

  private ConfigReader(ConfigValues values) {
    this.values = values;
  }

  static DecoderConfig read(JsonNode config) {
    return new ConfigReader(new ConfigValues(config)).decoder();
  }

  private DecoderConfig decoder() {
    String modelType = values.text("model_type").orElseThrow(() -> ModelErrors.noModelType());
    if (!modelType.equals(FAMILY)) {
      throw ModelErrors.unsupported("model_type", modelType, FAMILY);
    }
    refuseUnknownChoices();
    int hidden = values.positive("hidden_size");
    int positions = values.positive("max_position_embeddings", 2048);
    return new DecoderConfig(
        modelType,
        values.positive("num_hidden_layers"),
        hidden,
        values.positive("vocab_size"),
        positions,
        new RmsNorm(values.number("rms_norm_eps").orElse(1e-6)),
        attention(hidden),
        RotaryReader.read(values, positions),
        new GatedMlp(values.positive("intermediate_size")),
        values.flag("tie_word_embeddings", false),
        stored(),
        quantization(),
        values.ids("bos_token_id").stream().findFirst(),
        Set.copyOf(values.ids("eos_token_id")));
  }

  private void refuseUnknownChoices() {
    String activation = values.text("hidden_act").orElse("silu");
    if (!activation.equals("silu") && !activation.equals("swish")) {
      throw ModelErrors.unsupported("hidden_act", activation, "silu");
    }
    Set<String> found = new TreeSet<>();
    REFUSED.stream().filter(values::isSet).forEach(key -> found.add(values.shown(key)));
    if (!found.isEmpty()) {
      throw ModelErrors.unsupportedKeys(found);
    }
  }

  private Attention attention(int hidden) {
    int heads = values.positive("num_attention_heads");
    int kvHeads = values.positive("num_key_value_heads", heads);
    if (heads % kvHeads != 0) {
      throw ModelErrors.impossible(
          "num_key_value_heads is %d and num_attention_heads %d".formatted(kvHeads, heads),
          "The first must divide the second");
    }
    if (!values.isSet("head_dim") && hidden % heads != 0) {
      throw ModelErrors.impossible(
          "hidden_size is %d and num_attention_heads %d".formatted(hidden, heads),
          "Without head_dim the second must divide the first");
    }
    int headDim = values.positive("head_dim", hidden / heads);
    if (headDim % 2 != 0) {
      throw ModelErrors.impossible(
          "the size of a head is " + headDim, "Rotary positions need an even one");
    }
    return new Attention(heads, kvHeads, headDim);
  }

  private Optional<Dtype> stored() {
    return values
        .text("dtype")
        .or(() -> values.text("torch_dtype"))
        .filter(name -> !name.equals("auto"))
        .map(
            name ->
                Dtype.ofTorchName(name)
                    .orElseThrow(
                        () -> ModelErrors.unsupported("dtype", name, "float32, bfloat16")));
  }

  private Optional<String> quantization() {
    return values
        .child("quantization_config")
        .map(child -> child.text("quant_method").orElse("unnamed"));
  }
}
