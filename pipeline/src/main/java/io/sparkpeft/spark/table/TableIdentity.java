package io.sparkpeft.spark.table;

import java.io.Serializable;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that decides a token table's content, as names and values: {@code data_sha256}, {@code
 * template_sha256}, {@code tokenizer_sha256}, {@code max_length}, {@code overlong}, {@code
 * train_on_prompt}, {@code validation_fraction}. Kept in the table's properties.
 */
public record TableIdentity(SortedMap<String, String> values) implements Serializable {
  public TableIdentity(Map<String, String> values) {
    this((SortedMap<String, String>) new TreeMap<>(values));
  }

  /** The names under which this identity and another have different values; sorted. */
  public SortedMap<String, String> differences(TableIdentity other) {
    SortedMap<String, String> result = new TreeMap<>();
    other.values.forEach(
        (name, value) -> {
          String mine = values.getOrDefault(name, "not recorded");
          if (!mine.equals(value)) {
            result.put(name, mine + " against " + value);
          }
        });
    return result;
  }
}
