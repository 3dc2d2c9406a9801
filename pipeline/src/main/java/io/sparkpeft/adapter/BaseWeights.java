package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;

/**
 * How a base keeps the weights that an adapter may be merged into.
 *
 * @param modules all linear modules of the base
 * @param stored for each tensor of the model its name in the base's files, where that is another
 * @param embedding the name of the embedding's weight there
 * @param tiedHead whether the head's weight is the embedding
 */
public record BaseWeights(
    List<LinearModule> modules, Map<String, String> stored, String embedding, boolean tiedHead) {
  static final String HEAD = "lm_head";
  static final String HEAD_WEIGHT = HEAD + ".weight";

  public BaseWeights {
    modules = List.copyOf(modules);
    stored = Map.copyOf(stored);
  }

  /** Tensors under their own names. */
  static BaseWeights named(List<LinearModule> modules, String embedding, boolean tiedHead) {
    return new BaseWeights(modules, Map.of(), embedding, tiedHead);
  }

  /** The same with a head of its own. */
  BaseWeights untied() {
    return new BaseWeights(modules, stored, embedding, false);
  }

  /** Where a tensor of the model is; for a tied head that has none there, where it would be. */
  String stored(String tensor) {
    return stored.getOrDefault(tensor, tensor);
  }
}
