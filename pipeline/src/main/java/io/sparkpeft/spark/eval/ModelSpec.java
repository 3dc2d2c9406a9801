package io.sparkpeft.spark.eval;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model a task is to load, in a form that travels.
 *
 * @param model folder of the base
 * @param adapter folder of its adapter; empty for none
 * @param dtype auto, float32 or bfloat16
 */
record ModelSpec(String model, String adapter, String dtype) implements Serializable {

  static ModelSpec of(Path model, Optional<Path> adapter, String dtype) {
    return new ModelSpec(model.toString(), adapter.map(Path::toString).orElse(""), dtype);
  }

  Path modelFolder() {
    return Path.of(model);
  }

  Optional<Path> adapterFolder() {
    return adapter.isEmpty() ? Optional.empty() : Optional.of(Path.of(adapter));
  }
}
