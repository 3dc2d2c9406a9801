package io.sparkpeft.model;

/** Where Hugging Face's checkpoints keep what is not a projection. */
final class ModuleNames {
  static final String EMBEDDING = "model.embed_tokens";
  static final String FINAL_NORM = "model.norm";
  static final String HEAD = "lm_head";

  private ModuleNames() {}

  static String attentionNorm(int layer) {
    return layer(layer) + ".input_layernorm";
  }

  static String mlpNorm(int layer) {
    return layer(layer) + ".post_attention_layernorm";
  }

  static String layer(int layer) {
    return "model.layers." + layer;
  }

  static String weight(String module) {
    return module + ".weight";
  }
}
