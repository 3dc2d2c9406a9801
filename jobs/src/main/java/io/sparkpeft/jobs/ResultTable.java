package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.util.Map;

/** A result as lines of {@code key value}; lists get a line for each element. */
final class ResultTable {
  private ResultTable() {}

  static String of(ObjectNode result) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, JsonNode> entry : result.properties()) {
      if (!entry.getKey().equals("identity")) {
        add(text, entry.getKey(), entry.getValue());
      }
    }
    return text.toString().stripTrailing();
  }

  private static void add(StringBuilder text, String key, JsonNode value) {
    if (value.isArray() && !value.isEmpty()) {
      value.forEach(element -> add(text, key, element));
      return;
    }
    String shown = value.isTextual() ? value.asText() : Json.compact(value);
    text.append(String.format("%-28s  %s%n", key, shown));
  }
}
