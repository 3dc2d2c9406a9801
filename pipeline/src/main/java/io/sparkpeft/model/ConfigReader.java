package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.model.DecoderConfig.Attention;
import io.sparkpeft.model.DecoderConfig.HeadShape;
import io.sparkpeft.model.DecoderConfig.LayerPlan;
import io.sparkpeft.model.DecoderConfig.Mlp;
import io.sparkpeft.model.DecoderConfig.Normalization;
import io.sparkpeft.quant.QuantizationConfig;
import io.sparkpeft.tensor.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Reads config.json as transformers does, and refuses what would change the model. */
final class ConfigReader {
  /** Keys that, when set, make another model of a family that knows nothing of them. */
  private static final List<String> CHOICES =
      List.of(
          "_remove_final_layer_norm",
          "add_cross_attention",
          "alibi",
          "attention_bias",
          "attention_multiplier",
          "attn_logit_softcapping",
          "embedding_multiplier",
          "final_logit_softcapping",
          "layer_types",
          "logits_scaling",
          "mlp_bias",
          "no_rope_layers",
          "num_experts",
          "num_local_experts",
          "qk_layernorm",
          "query_pre_attn_scalar",
          "residual_multiplier",
          "scale_attn_by_inverse_layer_idx",
          "sliding_window",
          "use_bidirectional_attention",
          "use_qk_norm");

  /** Keys that, when off, make another model than any that is computed here. */
  private static final List<String> ALWAYS_ON =
      List.of("layer_norm_elementwise_affine", "scale_attn_weights");

  private final Family family;
  private final ConfigValues values;
  private final JsonNode config;

  private ConfigReader(Family family, ConfigValues values, JsonNode config) {
    this.config = config;
    this.family = family;
    this.values = values;
  }

  static DecoderConfig read(JsonNode config) {
    if (!config.hasNonNull("model_type")) {
      throw ModelErrors.noModelType();
    }
    Family family = Families.of(config.get("model_type").asText());
    return new ConfigReader(family, family.values(config), config).decoder();
  }

  private DecoderConfig decoder() {
    refuseUnknownChoices();
    int hidden = values.positive("hidden_size");
    Attention attention = attention(hidden);
    int positions = values.positive("max_position_embeddings");
    return new DecoderConfig(
        family.modelType(),
        family.names().apply(values),
        layers(attention, positions),
        hidden,
        values.positive("vocab_size"),
        positions,
        family.embedding().apply(hidden),
        new Normalization(family.norm(), values.requiredNumber("norm_eps")),
        attention,
        mlp(hidden),
        family.residual().apply(values),
        family.biased().apply(values),
        head(),
        stored(),
        QuantizationConfig.read(config),
        values.ids("bos_token_id").stream().findFirst(),
        Set.copyOf(values.ids("eos_token_id")));
  }

  private void refuseUnknownChoices() {
    Set<String> found = new TreeSet<>();
    CHOICES.stream()
        .filter(key -> values.isSet(key) && !family.understands(key))
        .forEach(key -> found.add(values.shown(key)));
    ALWAYS_ON.stream()
        .filter(key -> !values.flag(key, true))
        .forEach(key -> found.add(values.shown(key)));
    if (values.isSet("word_embed_proj_dim")
        && values.positive("word_embed_proj_dim") != values.positive("hidden_size")) {
      found.add(values.shown("word_embed_proj_dim"));
    }
    if (!found.isEmpty()) {
      throw ModelErrors.unsupportedKeys(found);
    }
  }

  private Attention attention(int hidden) {
    int heads = values.positive("num_attention_heads");
    int kvHeads = family.kvHeads().applyAsInt(values);
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
    return new Attention(
        heads,
        kvHeads,
        headDim,
        1 / Math.sqrt(values.number("query_pre_attn_scalar").orElse((double) headDim)),
        cap("attn_logit_softcapping"),
        family.fusion(),
        family.headNorms(),
        values.flag("alibi"));
  }

  private List<LayerPlan> layers(Attention attention, int positions) {
    RotaryReader rotary = new RotaryReader(values, attention.headDim(), positions);
    List<LayerPlan> layers =
        IntStream.range(0, values.positive("num_hidden_layers"))
            .mapToObj(layer -> family.layers().plan(values, rotary, layer))
            .toList();
    layers.stream()
        .flatMap(layer -> layer.rotary().stream())
        .filter(turns -> turns.features() != attention.headDim())
        .findFirst()
        .ifPresent(turns -> refusePartialRotary((double) turns.features() / attention.headDim()));
    return layers;
  }

  private void refusePartialRotary(double share) {
    if (!family.understands(values.name("partial_rotary_factor"))) {
      throw ModelErrors.unsupported("partial_rotary_factor", String.valueOf(share), "1.0");
    }
  }

  private Mlp mlp(int hidden) {
    String named = values.text("hidden_act").orElseThrow(() -> missing("hidden_act"));
    String meant = family.activations().getOrDefault(named, named);
    Activation activation =
        Activation.named(meant)
            .orElseThrow(
                () ->
                    ModelErrors.unsupported(
                        values.name("hidden_act"), named, Activation.allNames()));
    return new Mlp(
        family.mlp(), activation, intermediateSize(hidden), family.experts().apply(values));
  }

  /** Families that may leave it out mean four times the residual stream's width. */
  private int intermediateSize(int hidden) {
    return family.understands(values.name("intermediate_size"))
        ? values.positive("intermediate_size", 4 * hidden)
        : values.positive("intermediate_size");
  }

  private HeadShape head() {
    return new HeadShape(
        values.flag("tie_word_embeddings"), family.headBias(), cap("final_logit_softcapping"));
  }

  private OptionalDouble cap(String key) {
    return values.isSet(key)
        ? OptionalDouble.of(values.requiredNumber(key))
        : OptionalDouble.empty();
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

  private RuntimeException missing(String key) {
    return ModelErrors.missing(values.name(key));
  }
}
