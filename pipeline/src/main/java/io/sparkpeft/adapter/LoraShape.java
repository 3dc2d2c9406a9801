package io.sparkpeft.adapter;

import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;

/**
 * The size of a LoRA adapter, known from the linear modules of its base without any weights.
 *
 * @param targets in the base's order
 */
public record LoraShape(List<LoraTarget> targets) {
  public LoraShape {
    targets = List.copyOf(targets);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if the configuration targets no module
   */
  public static LoraShape of(LoraConfig config, List<LinearModule> modules) {
    return new LoraShape(LoraTargets.match(config, modules));
  }

  public long trainableParameters() {
    return targets.stream().mapToLong(LoraTarget::parameterCount).reduce(0, Math::addExact);
  }

  /** The exact size of adapter_model.safetensors. */
  public long fileBytes() {
    List<TensorEntry> entries = targets.stream().flatMap(t -> t.entries().stream()).toList();
    return SafetensorsWriter.fileBytes(SafetensorsWriter.PYTORCH, entries);
  }
}
