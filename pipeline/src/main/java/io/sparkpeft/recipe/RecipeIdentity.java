package io.sparkpeft.recipe;

import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All of a recipe that determines what a job computes. Inputs count by their content ({@link
 * Fingerprint}), so that a moved file is the same and a changed one is not.
 *
 * @param entries key to canonical JSON of its value, or to its input's fingerprint
 */
public record RecipeIdentity(SortedMap<String, String> entries) {
  private static final int ID_DIGITS = 12;

  public RecipeIdentity {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
  }

  /** SHA-256 over all entries. */
  public String sha256() {
    return Sha256.of(Json.compact(Json.tree(entries)));
  }

  /** The default of {@code run.id}. */
  public String shortId() {
    return sha256().substring(0, ID_DIGITS);
  }
}
