package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;

/** A folder in Hugging Face's or PEFT's layout. */
public final class Converted extends RunResult {
  Converted(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** The model's folder; empty if LoRA weights were converted. */
  public Optional<Path> modelPath() {
    return path("model_path");
  }

  /** The adapter's folder; empty if a model was converted. */
  public Optional<Path> adapterPath() {
    return path("adapter_path");
  }

  private Optional<Path> path(String key) {
    return Optional.of(text(key)).filter(path -> !path.isEmpty()).map(Path::of);
  }
}
