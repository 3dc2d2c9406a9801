package io.sparkpeft.train;

import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What makes two runs one and the same: only then may the one go on from the other's checkpoint.
 *
 * @param recipe everything that decides the result: recipe keys, hashes of data, template,
 *     tokenizer and base model
 * @param arithmetic what decides its last bits: dtype, matrix product, instruction set
 */
public record RunIdentity(SortedMap<String, String> recipe, SortedMap<String, String> arithmetic) {

  public RunIdentity {
    recipe = Collections.unmodifiableSortedMap(new TreeMap<>(recipe));
    arithmetic = Collections.unmodifiableSortedMap(new TreeMap<>(arithmetic));
  }

  public String sha256() {
    return Sha256.of(Json.compact(Json.tree(this)));
  }

  /** One line for each key on which another identity differs; empty if none does. */
  public List<String> differences(RunIdentity saved) {
    List<String> lines = new ArrayList<>(differences(recipe, saved.recipe));
    lines.addAll(differences(arithmetic, saved.arithmetic));
    return List.copyOf(lines);
  }

  private static List<String> differences(
      SortedMap<String, String> here, SortedMap<String, String> saved) {
    TreeSet<String> keys = new TreeSet<>(here.keySet());
    keys.addAll(saved.keySet());
    return keys.stream()
        .filter(key -> !here.getOrDefault(key, "").equals(saved.getOrDefault(key, "")))
        .map(
            key ->
                "%s: %s in the checkpoint, %s now"
                    .formatted(key, quoted(saved.get(key)), quoted(here.get(key))))
        .toList();
  }

  private static String quoted(String value) {
    return value == null ? "absent" : "'" + value + "'";
  }
}
