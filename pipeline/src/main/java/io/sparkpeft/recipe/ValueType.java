package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigValue;

/**
 * How a value is read from a recipe file or from {@code --set}, and written again.
 *
 * @param <T> the Java type of the value
 */
public interface ValueType<T> {

  /** What the reference calls it: {@code integer}, {@code list of text}. */
  String name();

  /** What {@code --set key=text} means. Text stays as it is: no escapes, no substitutions. */
  ConfigValue ofText(String text);

  /**
   * @throws IllegalArgumentException saying why the value cannot be of this type
   */
  T read(ConfigValue value);

  JsonNode json(T value);
}
