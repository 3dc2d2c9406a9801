package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** How settings of other projects are judged. */
final class Settings {
  private Settings() {}

  /**
   * @param known keys of which all values are understood; others must be off
   * @param needed keys that must be whole numbers from 1
   * @throws io.sparkpeft.base.SparkPeftException (78) for what is not known, (65) for what is not
   *     set
   */
  static void require(
      Path file, JsonNode values, Collection<String> known, Collection<String> needed) {
    List<String> unknown = new ArrayList<>();
    values.properties().stream()
        .filter(field -> !known.contains(field.getKey()) && !Json.isFalse(field.getValue()))
        .forEach(field -> unknown.add(field.getKey() + " = " + field.getValue()));
    if (!unknown.isEmpty()) {
      throw ConvertErrors.unsupported(file, unknown);
    }
    for (String key : needed) {
      if (values.path(key).asLong() <= 0) {
        throw ConvertErrors.notSet(file, key);
      }
    }
  }
}
