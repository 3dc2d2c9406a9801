package io.sparkpeft.convert;

import static io.sparkpeft.convert.Origin.whole;

import io.sparkpeft.convert.Heads.Part;
import java.util.Map;

/**
 * Where Hugging Face's families have their modules from, by litgpt's names. (The maps of litgpt's
 * convert_lit_checkpoint.py.)
 */
final class LitNames {
  private static final String QKV = "transformer.h.N.attn.qkv";
  private static final Origin HEAD = whole("lm_head");
  private static final Origin EMBEDDING = whole("transformer.wte");
  private static final Origin FINAL_NORM = whole("transformer.ln_f");
  private static final Origin NORM_1 = whole("transformer.h.N.norm_1");
  private static final Origin NORM_2 = whole("transformer.h.N.norm_2");
  private static final Origin OUTPUT = whole("transformer.h.N.attn.proj");
  private static final Origin UP = whole("transformer.h.N.mlp.fc");
  private static final Origin DOWN = whole("transformer.h.N.mlp.proj");

  /** Modules that a family without some of them is never asked for. */
  static final NameTable LLAMA =
      new NameTable(
          Map.ofEntries(
              Map.entry("model.embed_tokens", EMBEDDING),
              Map.entry("model.norm", FINAL_NORM),
              Map.entry("lm_head", HEAD),
              Map.entry("model.layers.N.input_layernorm", NORM_1),
              Map.entry("model.layers.N.post_attention_layernorm", NORM_2),
              Map.entry("model.layers.N.self_attn.q_proj", new Origin.Of(QKV, Part.QUERY)),
              Map.entry("model.layers.N.self_attn.k_proj", new Origin.Of(QKV, Part.KEY)),
              Map.entry("model.layers.N.self_attn.v_proj", new Origin.Of(QKV, Part.VALUE)),
              Map.entry("model.layers.N.self_attn.q_norm", whole("transformer.h.N.attn.norm_q")),
              Map.entry("model.layers.N.self_attn.k_norm", whole("transformer.h.N.attn.norm_k")),
              Map.entry("model.layers.N.self_attn.o_proj", OUTPUT),
              Map.entry("model.layers.N.mlp.gate_proj", whole("transformer.h.N.mlp.fc_1")),
              Map.entry("model.layers.N.mlp.up_proj", whole("transformer.h.N.mlp.fc_2")),
              Map.entry("model.layers.N.mlp.down_proj", DOWN)));

  static final NameTable GEMMA2 =
      LLAMA.with(
          Map.of(
              "model.layers.N.post_attention_layernorm",
              whole("transformer.h.N.post_attention_norm"),
              "model.layers.N.pre_feedforward_layernorm",
              NORM_2,
              "model.layers.N.post_feedforward_layernorm",
              whole("transformer.h.N.post_mlp_norm")));

  static final NameTable PHI3 =
      new NameTable(
          Map.of(
              "model.embed_tokens", EMBEDDING,
              "model.norm", FINAL_NORM,
              "lm_head", HEAD,
              "model.layers.N.input_layernorm", NORM_1,
              "model.layers.N.post_attention_layernorm", NORM_2,
              "model.layers.N.self_attn.qkv_proj", new Origin.Fused(QKV, QueryKeyValue.STACKED),
              "model.layers.N.self_attn.o_proj", OUTPUT,
              "model.layers.N.mlp.gate_up_proj",
                  whole("transformer.h.N.mlp.fc_1", "transformer.h.N.mlp.fc_2"),
              "model.layers.N.mlp.down_proj", DOWN));

  static final NameTable PHI =
      new NameTable(
          Map.of(
              "model.embed_tokens", EMBEDDING,
              "model.final_layernorm", FINAL_NORM,
              "lm_head", HEAD,
              "model.layers.N.input_layernorm", NORM_1,
              "model.layers.N.self_attn.q_proj", new Origin.Of(QKV, Part.QUERY),
              "model.layers.N.self_attn.k_proj", new Origin.Of(QKV, Part.KEY),
              "model.layers.N.self_attn.v_proj", new Origin.Of(QKV, Part.VALUE),
              "model.layers.N.self_attn.dense", OUTPUT,
              "model.layers.N.mlp.fc1", UP,
              "model.layers.N.mlp.fc2", DOWN));

  static final NameTable GPT_NEOX =
      new NameTable(
          Map.of(
              "gpt_neox.embed_in", EMBEDDING,
              "gpt_neox.final_layer_norm", FINAL_NORM,
              "lm_head", HEAD,
              "gpt_neox.layers.N.input_layernorm", NORM_1,
              "gpt_neox.layers.N.post_attention_layernorm", NORM_2,
              "gpt_neox.layers.N.attention.query_key_value",
                  new Origin.Fused(QKV, QueryKeyValue.GROUPED),
              "gpt_neox.layers.N.attention.dense", OUTPUT,
              "gpt_neox.layers.N.mlp.dense_h_to_4h", UP,
              "gpt_neox.layers.N.mlp.dense_4h_to_h", DOWN));

  static final NameTable FALCON =
      new NameTable(
          Map.of(
              "transformer.word_embeddings", EMBEDDING,
              "transformer.ln_f", FINAL_NORM,
              "lm_head", HEAD,
              "transformer.h.N.input_layernorm", NORM_1,
              "transformer.h.N.self_attention.query_key_value",
                  new Origin.Fused(QKV, QueryKeyValue.GROUPED),
              "transformer.h.N.self_attention.dense", OUTPUT,
              "transformer.h.N.mlp.dense_h_to_4h", UP,
              "transformer.h.N.mlp.dense_4h_to_h", DOWN));

  static final NameTable FALCON_TWO_NORMS =
      FALCON.with(Map.of("transformer.h.N.ln_attn", NORM_1, "transformer.h.N.ln_mlp", NORM_2));

  private LitNames() {}
}
