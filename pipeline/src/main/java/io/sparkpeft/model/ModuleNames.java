package io.sparkpeft.model;

import static io.sparkpeft.model.Projection.DOWN;
import static io.sparkpeft.model.Projection.GATE;
import static io.sparkpeft.model.Projection.GATE_UP;
import static io.sparkpeft.model.Projection.KEY;
import static io.sparkpeft.model.Projection.OUTPUT;
import static io.sparkpeft.model.Projection.QUERY;
import static io.sparkpeft.model.Projection.QUERY_KEY_VALUE;
import static io.sparkpeft.model.Projection.UP;
import static io.sparkpeft.model.Projection.VALUE;

import java.util.EnumMap;
import java.util.Map;

/**
 * Where transformers keeps the modules of a family, as dotted paths: the names that PEFT and
 * checkpoints go by.
 *
 * @param base the model without its head; checkpoints of the bare model leave it out
 * @param embedding below base
 * @param positions of learned position embeddings, below base; unused elsewhere
 * @param layers below base
 * @param finalNorm below base
 * @param projections below a layer
 * @param norms below a layer
 * @param transposed whether the weights of a layer's projections are stored [in, out], as
 *     transformers' Conv1D has them
 */
record ModuleNames(
    String base,
    String embedding,
    String positions,
    String layers,
    String finalNorm,
    Map<Projection, String> projections,
    Map<NormPlace, String> norms,
    boolean transposed) {
  static final String HEAD = "lm_head";

  private static final Map<NormPlace, String> TWO_NORMS =
      Map.of(
          NormPlace.ATTENTION, "input_layernorm",
          NormPlace.MLP, "post_attention_layernorm",
          NormPlace.QUERY, "self_attn.q_norm",
          NormPlace.KEY, "self_attn.k_norm");

  static final ModuleNames LLAMA =
      new ModuleNames(
          "model",
          "embed_tokens",
          "",
          "layers",
          "norm",
          Map.of(
              QUERY, "self_attn.q_proj",
              KEY, "self_attn.k_proj",
              VALUE, "self_attn.v_proj",
              OUTPUT, "self_attn.o_proj",
              GATE, "mlp.gate_proj",
              UP, "mlp.up_proj",
              DOWN, "mlp.down_proj"),
          TWO_NORMS,
          false);

  /** Its norms around attention and MLP make another of the name of the norm between them. */
  static final ModuleNames GEMMA2 =
      LLAMA.with(
          Map.of(
              NormPlace.ATTENTION, "input_layernorm",
              NormPlace.ATTENTION_RESULT, "post_attention_layernorm",
              NormPlace.MLP, "pre_feedforward_layernorm",
              NormPlace.MLP_RESULT, "post_feedforward_layernorm",
              NormPlace.QUERY, "self_attn.q_norm",
              NormPlace.KEY, "self_attn.k_norm"));

  static final ModuleNames PHI3 =
      LLAMA.having(
          Map.of(QUERY_KEY_VALUE, "self_attn.qkv_proj", GATE_UP, "mlp.gate_up_proj"), "norm");

  static final ModuleNames STARCODER2 =
      LLAMA.having(Map.of(UP, "mlp.c_fc", DOWN, "mlp.c_proj"), "norm");

  static final ModuleNames PHI =
      LLAMA.having(
          Map.of(OUTPUT, "self_attn.dense", UP, "mlp.fc1", DOWN, "mlp.fc2"), "final_layernorm");

  static final ModuleNames OPT =
      new ModuleNames(
          "model",
          "decoder.embed_tokens",
          "decoder.embed_positions",
          "decoder.layers",
          "decoder.final_layer_norm",
          Map.of(
              QUERY, "self_attn.q_proj",
              KEY, "self_attn.k_proj",
              VALUE, "self_attn.v_proj",
              OUTPUT, "self_attn.out_proj",
              UP, "fc1",
              DOWN, "fc2"),
          Map.of(NormPlace.ATTENTION, "self_attn_layer_norm", NormPlace.MLP, "final_layer_norm"),
          false);

  static final ModuleNames GPT2 =
      new ModuleNames(
          "transformer",
          "wte",
          "wpe",
          "h",
          "ln_f",
          Map.of(
              QUERY_KEY_VALUE, "attn.c_attn",
              OUTPUT, "attn.c_proj",
              UP, "mlp.c_fc",
              DOWN, "mlp.c_proj"),
          Map.of(NormPlace.ATTENTION, "ln_1", NormPlace.MLP, "ln_2"),
          true);

  static final ModuleNames GPT_NEOX =
      new ModuleNames(
          "gpt_neox",
          "embed_in",
          "",
          "layers",
          "final_layer_norm",
          Map.of(
              QUERY_KEY_VALUE, "attention.query_key_value",
              OUTPUT, "attention.dense",
              UP, "mlp.dense_h_to_4h",
              DOWN, "mlp.dense_4h_to_h"),
          TWO_NORMS,
          false);

  static final ModuleNames FALCON =
      new ModuleNames(
          "transformer",
          "word_embeddings",
          "",
          "h",
          "ln_f",
          Map.of(
              QUERY_KEY_VALUE, "self_attention.query_key_value",
              OUTPUT, "self_attention.dense",
              UP, "mlp.dense_h_to_4h",
              DOWN, "mlp.dense_4h_to_h"),
          TWO_NORMS,
          false);

  static final ModuleNames FALCON_TWO_NORMS =
      FALCON.with(Map.of(NormPlace.ATTENTION, "ln_attn", NormPlace.MLP, "ln_mlp"));

  private ModuleNames with(Map<NormPlace, String> others) {
    return new ModuleNames(
        base, embedding, positions, layers, finalNorm, projections, others, transposed);
  }

  /** The same with some projections elsewhere. */
  private ModuleNames having(Map<Projection, String> others, String otherFinalNorm) {
    Map<Projection, String> all = new EnumMap<>(projections);
    all.putAll(others);
    return new ModuleNames(
        base, embedding, positions, layers, otherFinalNorm, all, norms, transposed);
  }

  String embeddingModule() {
    return base + "." + embedding;
  }

  String positionsModule() {
    return base + "." + positions;
  }

  String finalNormModule() {
    return base + "." + finalNorm;
  }

  String module(int layer, Projection projection) {
    return layer(layer) + projections.get(projection);
  }

  String module(int layer, NormPlace place) {
    return layer(layer) + norms.get(place);
  }

  /** What all paths of a layer begin with, the dot included. */
  String layer(int layer) {
    return base + "." + layers + "." + layer + ".";
  }

  static String weight(String module) {
    return module + ".weight";
  }

  static String bias(String module) {
    return module + ".bias";
  }
}
