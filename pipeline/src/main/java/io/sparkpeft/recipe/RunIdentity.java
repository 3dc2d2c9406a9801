package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that determines what a run computes: two runs of one identity give the same bits.
 *
 * @param entries key to canonical JSON of its value; paths of inputs are best replaced by hashes of
 *     their content ({@link #with}), so that a moved file does not make another run
 */
public record RunIdentity(SortedMap<String, String> entries) {
  private static final int ID_DIGITS = 12;
  private static final String NOTHING = "(nothing)";

  public RunIdentity {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
  }

  /** The same identity with another value for one key: an input's hash instead of its path. */
  public RunIdentity with(String key, String value) {
    SortedMap<String, String> more = new TreeMap<>(entries);
    more.put(key, value);
    return new RunIdentity(more);
  }

  /** SHA-256 over all entries. */
  public String sha256() {
    return Sha256.of(Json.compact(json()));
  }

  /** The default of {@code run.id}. */
  public String shortId() {
    return sha256().substring(0, ID_DIGITS);
  }

  /** {@code key: its value here, its value there} for every key in which the two differ. */
  public List<String> differences(RunIdentity other) {
    SortedSet<String> keys = new TreeSet<>(entries.keySet());
    keys.addAll(other.entries.keySet());
    List<String> differences = new ArrayList<>();
    for (String key : keys) {
      String here = entries.getOrDefault(key, NOTHING);
      String there = other.entries.getOrDefault(key, NOTHING);
      if (!here.equals(there)) {
        differences.add(key + " is " + here + " and was " + there);
      }
    }
    return differences;
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) with the differences key by key, if the
   *     earlier run of that name had another identity
   */
  public void requireSameAs(RunIdentity earlier, String run) {
    List<String> differences = differences(earlier);
    if (!differences.isEmpty()) {
      throw RecipeErrors.otherRecipe(run, differences);
    }
  }

  public ObjectNode json() {
    ObjectNode node = Json.object();
    entries.forEach(node::put);
    return node;
  }

  public static RunIdentity of(Map<String, String> entries) {
    return new RunIdentity(new TreeMap<>(entries));
  }
}
