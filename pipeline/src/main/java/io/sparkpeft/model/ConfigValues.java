package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Typed reading of a config's keys. One that is left out has its default; null is no value at all.
 *
 * @param node the config
 * @param names what the family calls a key, where it has a name of its own for it
 * @param defaults by the family's names
 */
record ConfigValues(JsonNode node, Map<String, String> names, JsonNode defaults) {

  /** Whether a key is there with a value that is not null, false, zero or empty. */
  boolean isSet(String key) {
    JsonNode value = value(key);
    boolean empty =
        value.isMissingNode()
            || value.isNull()
            || (value.isBoolean() && !value.asBoolean())
            || (value.isNumber() && value.asDouble() == 0)
            || (value.isContainerNode() && value.isEmpty());
    return !empty;
  }

  String shown(String key) {
    return name(key) + " = " + valueText(key);
  }

  /** As JSON. */
  String valueText(String key) {
    return value(key).toString();
  }

  /** The family's name of a key. */
  String name(String key) {
    return names.getOrDefault(key, key);
  }

  Optional<String> text(String key) {
    return present(key).map(JsonNode::asText);
  }

  Optional<Double> number(String key) {
    return present(key)
        .map(
            value -> {
              if (!value.isNumber()) {
                throw ModelErrors.notA("number", name(key), value.toString());
              }
              return value.asDouble();
            });
  }

  double requiredNumber(String key) {
    return number(key).orElseThrow(() -> ModelErrors.missing(name(key)));
  }

  int positive(String key) {
    return present(key)
        .map(value -> positive(key, value))
        .orElseThrow(() -> ModelErrors.missing(name(key)));
  }

  int positive(String key, int otherwise) {
    return present(key).map(value -> positive(key, value)).orElse(otherwise);
  }

  boolean flag(String key) {
    return flag(key, false);
  }

  boolean flag(String key, boolean otherwise) {
    return present(key).map(JsonNode::asBoolean).orElse(otherwise);
  }

  /** One id or a list of them. */
  List<Integer> ids(String key) {
    return elements(key).stream().map(JsonNode::asInt).toList();
  }

  List<Double> numbers(String key) {
    return elements(key).stream().map(JsonNode::asDouble).toList();
  }

  List<String> texts(String key) {
    return elements(key).stream().map(JsonNode::asText).toList();
  }

  /** The values below a key, under their own names and without defaults. */
  Optional<ConfigValues> child(String key) {
    return present(key)
        .filter(JsonNode::isObject)
        .map(child -> new ConfigValues(child, Map.of(), child));
  }

  private List<JsonNode> elements(String key) {
    JsonNode value = value(key);
    if (value.isArray()) {
      return StreamSupport.stream(value.spliterator(), false).toList();
    }
    return value.isMissingNode() || value.isNull() ? List.of() : List.of(value);
  }

  private int positive(String key, JsonNode value) {
    if (!value.canConvertToInt() || value.asInt() < 1) {
      throw ModelErrors.notA("positive whole number", name(key), value.toString());
    }
    return value.asInt();
  }

  private Optional<JsonNode> present(String key) {
    return Optional.of(value(key)).filter(value -> !value.isMissingNode() && !value.isNull());
  }

  private JsonNode value(String key) {
    return node.has(name(key)) ? node.path(name(key)) : defaults.path(name(key));
  }
}
