package io.sparkpeft.model;

/** The linear layers that a decoder layer may have, in the order in which they are computed. */
enum Projection {
  QUERY(Width.HIDDEN, Width.QUERIES),
  KEY(Width.HIDDEN, Width.KEYS),
  VALUE(Width.HIDDEN, Width.KEYS),
  QUERY_KEY_VALUE(Width.HIDDEN, Width.QUERIES_KEYS_VALUES),
  OUTPUT(Width.QUERIES, Width.HIDDEN),
  GATE(Width.HIDDEN, Width.INNER),
  UP(Width.HIDDEN, Width.INNER),
  GATE_UP(Width.HIDDEN, Width.TWICE_INNER),
  DOWN(Width.INNER, Width.HIDDEN);

  private final Width in;
  private final Width out;

  Projection(Width in, Width out) {
    this.in = in;
    this.out = out;
  }

  long in(DecoderConfig config) {
    return in.features(config);
  }

  long out(DecoderConfig config) {
    return out.features(config);
  }

  private enum Width {
    HIDDEN,
    QUERIES,
    KEYS,
    QUERIES_KEYS_VALUES,
    INNER,
    TWICE_INNER;

    long features(DecoderConfig config) {
      DecoderConfig.Attention attention = config.attention();
      return switch (this) {
        case HIDDEN -> config.hiddenSize();
        case QUERIES -> attention.queryWidth();
        case KEYS -> attention.kvWidth();
        case QUERIES_KEYS_VALUES -> attention.queryWidth() + 2L * attention.kvWidth();
        case INNER -> config.mlp().intermediateSize();
        case TWICE_INNER -> 2L * config.mlp().intermediateSize();
      };
    }
  }
}
