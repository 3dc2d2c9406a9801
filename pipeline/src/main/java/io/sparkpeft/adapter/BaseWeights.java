package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How a base keeps the weights that an adapter may be merged into.
 *
 * @param modules all linear modules of the base
 * @param stored for each module the name of its weight in the base's files; for a tied head that
 *     has none there, the one that it would have
 * @param embedding the name of the embedding's weight there
 * @param tiedHead whether the head's weight is the embedding
 */
public record BaseWeights(
    List<LinearModule> modules, Map<String, String> stored, String embedding, boolean tiedHead) {
  static final String HEAD = "lm_head";

  public BaseWeights {
    modules = List.copyOf(modules);
    stored = Map.copyOf(stored);
  }

  /** Weights under the modules' own names. */
  static BaseWeights named(List<LinearModule> modules, String embedding, boolean tiedHead) {
    Map<String, String> stored =
        modules.stream()
            .map(LinearModule::name)
            .collect(Collectors.toMap(Function.identity(), name -> name + ".weight"));
    return new BaseWeights(modules, stored, embedding, tiedHead);
  }

  String stored(LinearModule module) {
    return stored.get(module.name());
  }
}
