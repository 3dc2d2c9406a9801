package io.sparkpeft.train;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What two runs must have in common for the one to go on from the other's checkpoint.
 *
 * @param recipe everything that decides the result: recipe keys, hashes of data, template,
 *     tokenizer and base model
 * @param arithmetic what decides its last bits: dtype, matrix product, instruction set
 */
public record CheckpointIdentity(
    SortedMap<String, String> recipe, SortedMap<String, String> arithmetic) {

  public CheckpointIdentity {
    recipe = Collections.unmodifiableSortedMap(new TreeMap<>(recipe));
    arithmetic = Collections.unmodifiableSortedMap(new TreeMap<>(arithmetic));
  }

  /** One phrase for each key on which a checkpoint's identity differs; empty if none does. */
  List<String> differences(CheckpointIdentity saved) {
    SortedMap<String, String> here = entries();
    SortedMap<String, String> there = saved.entries();
    TreeSet<String> keys = new TreeSet<>(here.keySet());
    keys.addAll(there.keySet());
    return keys.stream()
        .filter(key -> !text(here, key).equals(text(there, key)))
        .map(key -> "%s is %s and was %s".formatted(key, text(here, key), text(there, key)))
        .toList();
  }

  private SortedMap<String, String> entries() {
    SortedMap<String, String> all = new TreeMap<>(recipe);
    arithmetic.forEach((key, value) -> all.put("arithmetic." + key, value));
    return all;
  }

  private static String text(SortedMap<String, String> entries, String key) {
    return entries.getOrDefault(key, "(nothing)");
  }
}
