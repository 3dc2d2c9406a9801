package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** A model folder whose linear layers are in four bits. */
public final class Quantized extends RunResult {
  Quantized(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** The quantised checkpoint: for nf4 and fp4 in bitsandbytes' layout. */
  public Path modelPath() {
    return Path.of(text("model_path"));
  }

  /** Bits of a quantised weight with its share of the scales. */
  public double bitsPerWeight() {
    return number("bits_per_weight");
  }
}
