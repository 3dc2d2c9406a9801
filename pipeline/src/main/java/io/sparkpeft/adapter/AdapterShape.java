package io.sparkpeft.adapter;

import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;

/**
 * What an adapter consists of, known from the shapes of its base without any weights.
 *
 * @param modules the linear layers that it changes, in the base's order
 * @param entries its trained tensors
 * @param saved the tensors of adapter_model.safetensors
 */
public record AdapterShape(
    List<AdaptedModule> modules, List<TensorEntry> entries, List<TensorEntry> saved) {
  private static final String OF_LAYERS = "base_model.model.";

  public AdapterShape {
    modules = List.copyOf(modules);
    entries = List.copyOf(entries);
    saved = List.copyOf(saved);
  }

  /** Of an adapter whose file holds what is trained. */
  public AdapterShape(List<AdaptedModule> modules, List<TensorEntry> entries) {
    this(modules, entries, entries);
  }

  public long trainableParameters() {
    return entries.stream().mapToLong(TensorEntry::elements).reduce(0, Math::addExact);
  }

  /** The trained tensors that are no layer's own. */
  public List<TensorEntry> shared() {
    return entries.stream().filter(entry -> !entry.name().startsWith(OF_LAYERS)).toList();
  }

  /** The exact size of adapter_model.safetensors. */
  public long fileBytes() {
    return SafetensorsWriter.fileBytes(SafetensorsWriter.PYTORCH, saved);
  }
}
