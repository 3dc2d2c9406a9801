package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** Typed reading of a config's keys; null counts as left out. */
record ConfigValues(JsonNode node) {

  /** Whether a key is there with a value that is not null, false, zero or empty. */
  boolean isSet(String key) {
    JsonNode value = node.path(key);
    boolean empty =
        value.isMissingNode()
            || value.isNull()
            || (value.isBoolean() && !value.asBoolean())
            || (value.isNumber() && value.asDouble() == 0)
            || (value.isContainerNode() && value.isEmpty());
    return !empty;
  }

  String shown(String key) {
    return key + " = " + node.path(key);
  }

  Optional<String> text(String key) {
    return present(key).map(JsonNode::asText);
  }

  Optional<Double> number(String key) {
    return present(key)
        .map(
            value -> {
              if (!value.isNumber()) {
                throw ModelErrors.notA("number", key, value.toString());
              }
              return value.asDouble();
            });
  }

  double requiredNumber(String key) {
    return number(key).orElseThrow(() -> ModelErrors.missing(key));
  }

  int positive(String key) {
    return present(key)
        .map(value -> positive(key, value))
        .orElseThrow(() -> ModelErrors.missing(key));
  }

  int positive(String key, int otherwise) {
    return present(key).map(value -> positive(key, value)).orElse(otherwise);
  }

  boolean flag(String key, boolean otherwise) {
    return present(key).map(JsonNode::asBoolean).orElse(otherwise);
  }

  /** One id or a list of them. */
  List<Integer> ids(String key) {
    JsonNode value = present(key).orElse(null);
    if (value == null) {
      return List.of();
    }
    return value.isArray()
        ? StreamSupport.stream(value.spliterator(), false).map(JsonNode::asInt).toList()
        : List.of(value.asInt());
  }

  Optional<ConfigValues> child(String key) {
    return present(key).filter(JsonNode::isObject).map(ConfigValues::new);
  }

  private static int positive(String key, JsonNode value) {
    if (!value.canConvertToInt() || value.asInt() < 1) {
      throw ModelErrors.notA("positive whole number", key, value.toString());
    }
    return value.asInt();
  }

  private Optional<JsonNode> present(String key) {
    return Optional.ofNullable(node.get(key)).filter(value -> !value.isNull());
  }
}
