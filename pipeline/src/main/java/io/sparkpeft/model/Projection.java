package io.sparkpeft.model;

import io.sparkpeft.adapter.LinearModule;

/** The seven linear layers of a decoder layer, in the order in which they are computed. */
enum Projection {
  QUERY("self_attn.q_proj", Width.HIDDEN, Width.QUERIES),
  KEY("self_attn.k_proj", Width.HIDDEN, Width.KEYS),
  VALUE("self_attn.v_proj", Width.HIDDEN, Width.KEYS),
  OUTPUT("self_attn.o_proj", Width.QUERIES, Width.HIDDEN),
  GATE("mlp.gate_proj", Width.HIDDEN, Width.INNER),
  UP("mlp.up_proj", Width.HIDDEN, Width.INNER),
  DOWN("mlp.down_proj", Width.INNER, Width.HIDDEN);

  private final String path;
  private final Width in;
  private final Width out;

  Projection(String path, Width in, Width out) {
    this.path = path;
    this.in = in;
    this.out = out;
  }

  LinearModule module(DecoderConfig config, int layer) {
    return new LinearModule(
        ModuleNames.layer(layer) + "." + path, in.features(config), out.features(config));
  }

  private enum Width {
    HIDDEN,
    QUERIES,
    KEYS,
    INNER;

    long features(DecoderConfig config) {
      return switch (this) {
        case HIDDEN -> config.hiddenSize();
        case QUERIES -> config.attention().queryWidth();
        case KEYS -> config.attention().kvWidth();
        case INNER -> config.mlp().intermediateSize();
      };
    }
  }
}
