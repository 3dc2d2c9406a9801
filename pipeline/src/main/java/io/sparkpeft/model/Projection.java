package io.sparkpeft.model;

import io.sparkpeft.adapter.LinearModule;
import java.util.function.ToLongFunction;

/** The seven linear layers of a decoder layer, in the order in which they are computed. */
enum Projection {
  QUERY("self_attn.q_proj", DecoderConfig::hiddenSize, c -> c.attention().queryWidth()),
  KEY("self_attn.k_proj", DecoderConfig::hiddenSize, c -> c.attention().kvWidth()),
  VALUE("self_attn.v_proj", DecoderConfig::hiddenSize, c -> c.attention().kvWidth()),
  OUTPUT("self_attn.o_proj", c -> c.attention().queryWidth(), DecoderConfig::hiddenSize),
  GATE("mlp.gate_proj", DecoderConfig::hiddenSize, c -> c.mlp().intermediateSize()),
  UP("mlp.up_proj", DecoderConfig::hiddenSize, c -> c.mlp().intermediateSize()),
  DOWN("mlp.down_proj", c -> c.mlp().intermediateSize(), DecoderConfig::hiddenSize);

  private final String path;
  private final ToLongFunction<DecoderConfig> in;
  private final ToLongFunction<DecoderConfig> out;

  Projection(String path, ToLongFunction<DecoderConfig> in, ToLongFunction<DecoderConfig> out) {
    this.path = path;
    this.in = in;
    this.out = out;
  }

  LinearModule module(DecoderConfig config, int layer) {
    return new LinearModule(
        ModuleNames.layer(layer) + "." + path, in.applyAsLong(config), out.applyAsLong(config));
  }
}
