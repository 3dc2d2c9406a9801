package io.sparkpeft.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Checks the keys of one of PEFT's configurations. */
final class PeftKeys {
  private static final Set<String> BOOKKEEPING =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "fan_in_fan_out",
          "inference_mode",
          "peft_version",
          "revision");

  /** Those of PEFT's task types that bring no trained head of their own. */
  private static final Set<String> HEADLESS_TASKS =
      Set.of("CAUSAL_LM", "SEQ_2_SEQ_LM", "FEATURE_EXTRACTION");

  /** Of the keys that several methods have. */
  static final Map<String, Rule> COMMON_RULES =
      Map.ofEntries(
          Map.entry("fan_in_fan_out", Rule.BOOLEAN),
          Map.entry("inference_mode", Rule.BOOLEAN),
          Map.entry("target_modules", Rule.MODULES),
          Map.entry("exclude_modules", Rule.MODULES),
          Map.entry("layers_pattern", Rule.MODULES),
          Map.entry(
              "layers_to_transform",
              new Rule("a whole number, a list of such or null", PeftKeys::isLayers)),
          Map.entry("base_model_name_or_path", Rule.TEXT_OR_NULL),
          Map.entry("revision", Rule.TEXT_OR_NULL),
          Map.entry("peft_version", Rule.TEXT_OR_NULL),
          Map.entry("auto_mapping", new Rule("a map or null", n -> n.isObject() || n.isNull())));

  /**
   * What a key's value must be.
   *
   * @param kind in words, after "It must be"
   */
  record Rule(String kind, Predicate<JsonNode> holds) {
    static final Rule BOOLEAN = new Rule("true or false", JsonNode::isBoolean);
    static final Rule NUMBER = new Rule("a number", JsonNode::isNumber);
    static final Rule SHARE = new Rule("a number from 0 to below 1", PeftKeys::isShare);
    static final Rule COUNT = new Rule("a whole number from 1", PeftKeys::isCount);
    static final Rule TEXT_OR_NULL = new Rule("a text or null", PeftKeys::isTextOrNull);
    static final Rule MODULES = new Rule("a text, a list of texts or null", PeftKeys::isModules);

    /** What modules_to_save must be. */
    static final Rule NAMES =
        new Rule(
            "a list of texts or null",
            value -> value.isNull() || isListOf(value, JsonNode::isTextual));

    /**
     * @param adapted the word for the biases of adapted layers alone
     */
    static Rule bias(String adapted) {
      List<String> words = List.of("none", "all", adapted);
      return new Rule("none, all or " + adapted, value -> words.contains(value.textValue()));
    }

    static Rule oneOf(List<String> texts) {
      return new Rule(
          "one of " + String.join(", ", texts), node -> texts.contains(node.textValue()));
    }

    static Rule mapTo(String kinds, Predicate<JsonNode> value) {
      return new Rule("a map from names to " + kinds, node -> isMapOf(node, value));
    }
  }

  /**
   * A method's keys.
   *
   * @param name of the method, for messages
   * @param defaults what PEFT writes for a configuration of defaults
   * @param rules of the implemented keys, beside {@link #COMMON_RULES}
   * @param implemented whether a value other than the default is implemented, for keys without rule
   * @param inert keys without effect unless another key, which we refuse, is set; PEFT passes over
   *     them too
   * @param spelling writes the given value of a key as PEFT would
   * @param together checks keys against each other
   */
  record Schema(
      String name,
      String defaults,
      Map<String, Rule> rules,
      Map<String, Predicate<JsonNode>> implemented,
      Set<String> inert,
      Map<String, UnaryOperator<JsonNode>> spelling,
      Together together) {

    /** Throws what is wrong with keys that are each right by themselves. */
    @FunctionalInterface
    interface Together {
      void check(ObjectNode keys, Contradictions contradictions);
    }

    Schema {
      Map<String, Rule> all = new HashMap<>(COMMON_RULES);
      all.putAll(rules);
      rules = Map.copyOf(all);
    }

    ObjectNode newDefaults() {
      try {
        return (ObjectNode) Json.parse(defaults);
      } catch (JsonProcessingException e) {
        throw new AssertionError("a constant", e);
      }
    }
  }

  /** Makes the error of a key that contradicts another. */
  @FunctionalInterface
  interface Contradictions {
    SparkPeftException of(String key, String why);
  }

  private final Schema schema;
  private final String source;
  private final ExitCode exitCode;

  /**
   * @param source where the keys come from, as messages name it
   * @param exitCode what a wrong key ends a job with
   */
  PeftKeys(Schema schema, String source, ExitCode exitCode) {
    this.schema = schema;
    this.source = source;
    this.exitCode = exitCode;
  }

  /** All keys, those given checked, the others at their defaults; an unknown key is refused. */
  ObjectNode checked(JsonNode given) {
    ObjectNode keys = schema.newDefaults();
    for (Map.Entry<String, JsonNode> field : given.properties()) {
      String key = field.getKey();
      boolean inert = schema.inert().contains(key);
      if (!keys.has(key) && !inert) {
        throw AdapterErrors.unknownKey(source, exitCode, schema.name(), key, fieldNames(keys));
      }
      if (!inert) {
        keys.set(key, spelled(key, field.getValue(), keys.get(key)));
      }
    }
    ObjectNode defaults = schema.newDefaults();
    keys.properties()
        .forEach(field -> check(field.getKey(), field.getValue(), defaults.get(field.getKey())));
    schema
        .together()
        .check(keys, (key, why) -> AdapterErrors.contradiction(source, exitCode, key, why));
    requireRegexes(keys);
    return keys;
  }

  /** The same for a file, in which newer versions of PEFT may have left empty keys of their own. */
  ObjectNode checkedFile(ObjectNode given) {
    ObjectNode known = given.deepCopy();
    ObjectNode keys = schema.newDefaults();
    given.properties().stream()
        .filter(field -> !keys.has(field.getKey()) && Json.isFalse(field.getValue()))
        .forEach(field -> known.remove(field.getKey()));
    return checked(known);
  }

  private JsonNode spelled(String key, JsonNode value, JsonNode byDefault) {
    if (key.equals("peft_version") && value.isNull()) {
      return byDefault;
    }
    // PEFT asks whether they are true: null is as good as false, and files have it.
    boolean isFalse = byDefault.isBoolean() && !byDefault.booleanValue();
    if (value.isNull() && (byDefault.isObject() || isFalse)) {
      return byDefault;
    }
    return schema.spelling().getOrDefault(key, UnaryOperator.identity()).apply(value);
  }

  private void check(String key, JsonNode value, JsonNode byDefault) {
    Rule rule = schema.rules().get(key);
    if (rule != null) {
      if (!rule.holds().test(value)) {
        throw AdapterErrors.wrongType(source, exitCode, key, value, rule.kind());
      }
      return;
    }
    boolean implemented =
        value.equals(byDefault)
            || Json.isFalse(value)
            || schema.inert().contains(key)
            || (key.equals("task_type") && HEADLESS_TASKS.contains(value.asText()))
            || schema.implemented().getOrDefault(key, any -> false).test(value);
    if (!implemented) {
      throw AdapterErrors.notImplemented(source, exitCode, key, value);
    }
  }

  /** target_modules and layers: PEFT's checks of the keys that most methods share. */
  static void checkLayers(ObjectNode keys, Contradictions contradictions) {
    boolean layers = !keys.get("layers_to_transform").isNull();
    boolean pattern = !Json.isFalse(keys.get("layers_pattern"));
    if (keys.get("target_modules").isTextual() && (layers || pattern)) {
      throw contradictions.of(
          layers ? "layers_to_transform" : "layers_pattern",
          "It needs target_modules to be a list of names; a text is a regular expression over"
              + " whole paths.");
    }
    if (pattern && !layers) {
      throw contradictions.of("layers_pattern", "It needs layers_to_transform beside it.");
    }
  }

  /** Makes every regular expression once, so that a broken one is found here. */
  private static void requireRegexes(ObjectNode keys) {
    ModuleSelector.of(keys.path("target_modules"));
    ModuleSelector.of(keys.path("exclude_modules"));
    keys.path("rank_pattern").fieldNames().forEachRemaining(PythonPattern::compile);
    keys.path("alpha_pattern").fieldNames().forEachRemaining(PythonPattern::compile);
    texts(keys.path("layers_pattern")).forEach(PythonPattern::compile);
  }

  /** Numbers spelled as PEFT's own are: whole ones without a fraction. */
  static JsonNode wholeNumber(JsonNode value) {
    boolean whole = value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue());
    return whole && value.canConvertToInt() ? Json.tree(value.intValue()) : value;
  }

  static JsonNode wholeNumbers(JsonNode map) {
    if (!map.isObject()) {
      return map;
    }
    ObjectNode result = Json.object();
    map.properties().forEach(field -> result.set(field.getKey(), wholeNumber(field.getValue())));
    return result;
  }

  /** A number with a fraction, even if it is whole. */
  static JsonNode fraction(JsonNode value) {
    return value.isNumber() ? Json.tree(value.doubleValue()) : value;
  }

  private static boolean isTextOrNull(JsonNode value) {
    return value.isTextual() || value.isNull();
  }

  private static boolean isModules(JsonNode value) {
    return isTextOrNull(value) || isListOf(value, JsonNode::isTextual);
  }

  static boolean isCount(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToInt() && value.intValue() > 0;
  }

  private static boolean isShare(JsonNode value) {
    return value.isNumber() && value.doubleValue() >= 0 && value.doubleValue() < 1;
  }

  private static boolean isLayers(JsonNode value) {
    return value.isNull() || value.isInt() || isListOf(value, JsonNode::isInt);
  }

  private static boolean isListOf(JsonNode value, Predicate<JsonNode> element) {
    return value.isArray() && value.valueStream().allMatch(element);
  }

  private static boolean isMapOf(JsonNode value, Predicate<JsonNode> element) {
    return value.isObject() && value.valueStream().allMatch(element);
  }

  /** The texts of a list, or the single one. */
  static List<String> texts(JsonNode value) {
    if (value.isArray()) {
      return value.valueStream().map(JsonNode::textValue).toList();
    }
    return Json.isFalse(value) || value.isMissingNode() ? List.of() : List.of(value.textValue());
  }

  /** The numbers of a list, or the single one. */
  static List<Integer> integers(JsonNode value) {
    if (value.isArray()) {
      return value.valueStream().map(JsonNode::intValue).toList();
    }
    return value.isNumber() ? List.of(value.intValue()) : List.of();
  }

  /** PEFT holds these lists as sets. */
  static ObjectNode withSortedSets(ObjectNode keys) {
    for (String key :
        List.of("target_modules", "target_parameters", "exclude_modules", "feedforward_modules")) {
      if (keys.path(key).isArray()) {
        ArrayNode sorted = Json.array();
        new TreeSet<>(texts(keys.get(key))).forEach(sorted::add);
        keys.set(key, sorted);
      }
    }
    return keys;
  }

  /** Without the keys that have no bearing on what the adapter computes. */
  static ObjectNode withoutBookkeeping(ObjectNode keys) {
    return keys.remove(BOOKKEEPING);
  }

  private static List<String> fieldNames(ObjectNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
