package io.sparkpeft.adapter;

import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an adapter consists of, known from the shapes of its base without any weights.
 *
 * @param modules the linear layers that it changes, in the base's order
 * @param stacks parameters of many matrices that it changes, in the base's order
 * @param others trained values by the path of what is no linear layer: norms, the embedding, these
 *     parameters, and biases by the layer's own path
 * @param entries its trained tensors
 * @param saved the tensors of adapter_model.safetensors
 */
public record AdapterShape(
    List<AdaptedModule> modules,
    List<AdaptedStack> stacks,
    Map<String, Long> others,
    List<TensorEntry> entries,
    List<TensorEntry> saved) {
  private static final String OF_LAYERS = "base_model.model.";

  public AdapterShape {
    modules = List.copyOf(modules);
    stacks = List.copyOf(stacks);
    others = Map.copyOf(others);
    entries = List.copyOf(entries);
    saved = List.copyOf(saved);
  }

  /** Of modules. */
  public AdapterShape(
      List<AdaptedModule> modules,
      Map<String, Long> others,
      List<TensorEntry> entries,
      List<TensorEntry> saved) {
    this(modules, List.of(), others, entries, saved);
  }

  /** Of linear layers, and of what they share. */
  public AdapterShape(
      List<AdaptedModule> modules, List<TensorEntry> entries, List<TensorEntry> saved) {
    this(modules, Map.of(), entries, saved);
  }

  /** Of an adapter of linear layers whose file holds what is trained. */
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

  /** How many virtual tokens it puts before every text. */
  public long virtualTokens() {
    return prompt().map(entry -> entry.shape()[0]).orElse(0L);
  }

  private Optional<TensorEntry> prompt() {
    return saved.stream().filter(entry -> entry.name().equals(PrefixTuningConfig.PROMPT)).findAny();
  }

  /**
   * Values that a prompt adds to those that are trained: its keys and values once more as layers
   * see them, it itself where an encoder makes it, and the gradients of what is trained, whole,
   * before they are taken from libtorch.
   */
  public long derivedValues() {
    return prompt().map(entry -> 2 * entry.elements() + trainableParameters()).orElse(0L);
  }

  /** The exact size of adapter_model.safetensors. */
  public long fileBytes() {
    return SafetensorsWriter.fileBytes(SafetensorsWriter.PYTORCH, saved);
  }
}
