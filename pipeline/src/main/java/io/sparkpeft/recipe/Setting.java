package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A key's value and where it came from.
 *
 * @param origin {@code default}, {@code --set}, or a file and its line
 */
public record Setting<T>(Key<T> key, T value, String origin) {
  static final String DEFAULT = "default";

  static <T> Setting<T> byDefault(Key<T> key) {
    return new Setting<>(key, key.defaultValue(), DEFAULT);
  }

  public boolean isDefault() {
    return origin.equals(DEFAULT);
  }

  JsonNode json() {
    return key.type().json(value);
  }
}
