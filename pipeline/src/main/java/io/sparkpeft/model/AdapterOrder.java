package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which of several texts can be computed together, and in what order.
 *
 * @param adapters of the texts
 * @param places of the adapters by their first texts
 */
record AdapterOrder(List<Optional<Adapter>> adapters, Map<Optional<Adapter>, Integer> places) {

  static AdapterOrder of(List<Optional<Adapter>> adapters) {
    Map<Optional<Adapter>, Integer> places = new HashMap<>();
    adapters.forEach(adapter -> places.putIfAbsent(adapter, places.size()));
    return new AdapterOrder(List.copyOf(adapters), places);
  }

  /**
   * The numbers of the texts that can share a pass: all of them, but for those of an adapter with
   * virtual tokens, which stand before every text of a pass.
   */
  List<List<Integer>> together() {
    Map<Optional<Adapter>, List<Integer>> groups = new LinkedHashMap<>();
    for (int text = 0; text < adapters.size(); text++) {
      Optional<Adapter> alone = adapters.get(text).filter(a -> a.virtualTokens() > 0);
      groups.computeIfAbsent(alone, key -> new ArrayList<>()).add(text);
    }
    return List.copyOf(groups.values());
  }

  /** These texts with those of one adapter beside each other, otherwise in their order. */
  List<Integer> sorted(List<Integer> texts) {
    return texts.stream()
        .sorted(Comparator.comparingInt(text -> places.get(adapters.get(text))))
        .toList();
  }

  /** The adapters of these texts. */
  List<Optional<Adapter>> adaptersOf(List<Integer> texts) {
    return texts.stream().map(adapters::get).toList();
  }
}
