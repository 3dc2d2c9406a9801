package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** A folder in Hugging Face's or PEFT's layout. */
public final class Converted extends RunResult {
  Converted(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** The model's folder, a path or an address; empty if LoRA weights were converted. */
  public Optional<String> modelLocation() {
    return location("model_path");
  }

  /** The adapter's folder, a path or an address; empty if a model was converted. */
  public Optional<String> adapterLocation() {
    return location("adapter_path");
  }

  private Optional<String> location(String key) {
    return Optional.of(text(key)).filter(location -> !location.isEmpty());
  }
}
