package io.sparkpeft.spark.eval;

import io.sparkpeft.quant.Quantization;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model a task is to load, in a form that travels.
 *
 * @param model folder of the base
 * @param adapter folder of its adapter; empty for none
 * @param dtype auto, float32 or bfloat16
 * @param quantization on load, as {@link Quantization#text}; empty for as it is stored
 */
record ModelSpec(String model, String adapter, String dtype, String quantization)
    implements Serializable {

  static ModelSpec of(
      Path model, Optional<Path> adapter, String dtype, Optional<Quantization> quantization) {
    return new ModelSpec(
        model.toString(),
        adapter.map(Path::toString).orElse(""),
        dtype,
        quantization.map(Quantization::text).orElse(""));
  }

  Optional<Quantization> quantizationOnLoad() {
    return quantization.isEmpty()
        ? Optional.empty()
        : Optional.of(Quantization.parse(quantization));
  }

  Path modelFolder() {
    return Path.of(model);
  }

  Optional<Path> adapterFolder() {
    return adapter.isEmpty() ? Optional.empty() : Optional.of(Path.of(adapter));
  }
}
