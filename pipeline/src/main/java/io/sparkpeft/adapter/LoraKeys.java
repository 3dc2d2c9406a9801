package io.sparkpeft.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The keys of PEFT's LoraConfig: their defaults, and the checks that their values must pass. */
final class LoraKeys {
  /** What PEFT 0.21.2 writes for {@code LoraConfig()}. */
  private static final String DEFAULTS =
      """
      {
        "alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null,
        "auto_mapping": null, "base_model_name_or_path": null, "bias": "none",
        "corda_config": null, "ensure_weight_tying": false, "eva_config": null,
        "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": false,
        "init_lora_weights": true, "kasa_config": null, "layer_replication": null,
        "layers_pattern": null, "layers_to_transform": null, "loftq_config": {},
        "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0, "lora_ga_config": null,
        "megatron_config": null, "megatron_core": "megatron.core", "modules_to_save": null,
        "monteclora_config": null, "peft_type": "LORA", "peft_version": "0.21.2",
        "qalora_group_size": 16, "r": 8, "rank_pattern": {}, "revision": null,
        "target_modules": null, "target_parameters": null, "task_type": null,
        "trainable_token_indices": null, "use_bdlora": null, "use_dora": false,
        "use_qalora": false, "use_rslora": false, "velora_config": null
      }
      """;

  private static final Set<String> BOOKKEEPING =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "fan_in_fan_out",
          "inference_mode",
          "peft_version",
          "revision");

  /** Without effect unless another key, which we refuse, is set. PEFT passes over them too. */
  private static final Set<String> INERT =
      Set.of("loftq_config", "megatron_core", "qalora_group_size", "runtime_config");

  /** Those of PEFT's task types that bring no trained head of their own. */
  private static final Set<String> HEADLESS_TASKS =
      Set.of("CAUSAL_LM", "SEQ_2_SEQ_LM", "FEATURE_EXTRACTION");

  /** The implemented keys, what they must be, and the check of it. */
  private static final Map<String, Rule> RULES =
      Map.ofEntries(
          Map.entry("r", new Rule("a whole number from 1", LoraKeys::isRank)),
          Map.entry("lora_alpha", new Rule("a number", JsonNode::isNumber)),
          Map.entry("lora_dropout", new Rule("a number from 0 to below 1", LoraKeys::isShare)),
          Map.entry("use_rslora", new Rule("true or false", JsonNode::isBoolean)),
          Map.entry("fan_in_fan_out", new Rule("true or false", JsonNode::isBoolean)),
          Map.entry("inference_mode", new Rule("true or false", JsonNode::isBoolean)),
          Map.entry(
              "target_modules", new Rule("a text, a list of texts or null", LoraKeys::isModules)),
          Map.entry(
              "exclude_modules", new Rule("a text, a list of texts or null", LoraKeys::isModules)),
          Map.entry(
              "layers_pattern", new Rule("a text, a list of texts or null", LoraKeys::isModules)),
          Map.entry(
              "layers_to_transform",
              new Rule("a whole number, a list of such or null", LoraKeys::isLayers)),
          Map.entry(
              "rank_pattern",
              new Rule("a map from names to whole numbers", n -> isMapOf(n, LoraKeys::isRank))),
          Map.entry(
              "alpha_pattern",
              new Rule("a map from names to numbers", n -> isMapOf(n, JsonNode::isNumber))),
          Map.entry("base_model_name_or_path", new Rule("a text or null", LoraKeys::isTextOrNull)),
          Map.entry("revision", new Rule("a text or null", LoraKeys::isTextOrNull)),
          Map.entry("peft_version", new Rule("a text or null", LoraKeys::isTextOrNull)),
          Map.entry("auto_mapping", new Rule("a map or null", n -> n.isObject() || n.isNull())));

  private record Rule(String kind, Predicate<JsonNode> holds) {}

  private final String source;
  private final ExitCode exitCode;

  /**
   * @param source where the keys come from, as messages name it
   * @param exitCode what a wrong key ends a job with
   */
  LoraKeys(String source, ExitCode exitCode) {
    this.source = source;
    this.exitCode = exitCode;
  }

  static ObjectNode defaults() {
    try {
      return (ObjectNode) Json.parse(DEFAULTS);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a constant", e);
    }
  }

  /** All keys, those given checked, the others at their defaults; an unknown key is refused. */
  ObjectNode checked(JsonNode given) {
    ObjectNode keys = defaults();
    for (Map.Entry<String, JsonNode> field : given.properties()) {
      String key = field.getKey();
      if (!keys.has(key) && !INERT.contains(key)) {
        throw AdapterErrors.unknownKey(source, exitCode, key, fieldNames(keys));
      }
      if (!INERT.contains(key)) {
        keys.set(key, normalized(key, field.getValue(), keys.get(key)));
      }
    }
    keys.properties().forEach(field -> check(field.getKey(), field.getValue()));
    checkTogether(keys);
    return keys;
  }

  /** The same for a file, in which newer versions of PEFT may have left empty keys of their own. */
  ObjectNode checkedFile(ObjectNode given) {
    // Another method's file is full of keys that LoRA does not know: say the reason, not the keys.
    check("peft_type", given.path("peft_type"));
    ObjectNode known = given.deepCopy();
    ObjectNode keys = defaults();
    given.properties().stream()
        .filter(field -> !keys.has(field.getKey()) && isEmpty(field.getValue()))
        .forEach(field -> known.remove(field.getKey()));
    return checked(known);
  }

  /** Numbers spelled as PEFT's own are, and maps that are absent as empty. */
  private static JsonNode normalized(String key, JsonNode value, JsonNode byDefault) {
    return switch (key) {
      case "rank_pattern", "alpha_pattern" -> value.isNull() ? byDefault : wholeNumbers(value);
      case "lora_alpha" -> wholeNumber(value);
      case "lora_dropout" -> value.isNumber() ? Json.tree(value.doubleValue()) : value;
      case "peft_version" -> value.isNull() ? byDefault : value;
      default -> value;
    };
  }

  private static JsonNode wholeNumbers(JsonNode map) {
    if (!map.isObject()) {
      return map;
    }
    ObjectNode result = Json.object();
    map.properties().forEach(field -> result.set(field.getKey(), wholeNumber(field.getValue())));
    return result;
  }

  private static JsonNode wholeNumber(JsonNode value) {
    boolean whole = value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue());
    return whole && value.canConvertToInt() ? Json.tree(value.intValue()) : value;
  }

  private void check(String key, JsonNode value) {
    Rule rule = RULES.get(key);
    if (rule != null) {
      if (!rule.holds().test(value)) {
        throw AdapterErrors.wrongType(source, exitCode, key, value, rule.kind());
      }
      return;
    }
    switch (key) {
      case "peft_type" -> require(key, value, value.asText().equals("LORA"));
      case "task_type" -> require(key, value, isEmpty(value) || isHeadless(value));
      case "init_lora_weights" -> require(key, value, value.isBoolean() || isGaussian(value));
      default -> {
        boolean untouched = value.equals(defaults().get(key)) || isEmpty(value);
        require(key, value, untouched || INERT.contains(key));
      }
    }
  }

  private void require(String key, JsonNode value, boolean implemented) {
    if (!implemented) {
      throw AdapterErrors.notImplemented(source, exitCode, key, value);
    }
  }

  private static boolean isHeadless(JsonNode task) {
    return HEADLESS_TASKS.contains(task.asText());
  }

  private static boolean isGaussian(JsonNode init) {
    return init.asText().equalsIgnoreCase("gaussian");
  }

  private void checkTogether(ObjectNode keys) {
    boolean layers = !keys.get("layers_to_transform").isNull();
    boolean pattern = !isEmpty(keys.get("layers_pattern"));
    if (keys.get("target_modules").isTextual() && (layers || pattern)) {
      throw contradiction(
          layers ? "layers_to_transform" : "layers_pattern",
          "It needs target_modules to be a list of names; a text is a regular expression over"
              + " whole paths.");
    }
    if (pattern && !layers) {
      throw contradiction("layers_pattern", "It needs layers_to_transform beside it.");
    }
    requireRegexes(keys);
  }

  /** Makes every regular expression once, so that a broken one is found here. */
  private static void requireRegexes(ObjectNode keys) {
    ModuleSelector.of(keys.get("target_modules"));
    ModuleSelector.of(keys.get("exclude_modules"));
    keys.get("rank_pattern").fieldNames().forEachRemaining(PythonPattern::compile);
    keys.get("alpha_pattern").fieldNames().forEachRemaining(PythonPattern::compile);
    texts(keys.get("layers_pattern")).forEach(PythonPattern::compile);
  }

  private SparkPeftException contradiction(String key, String why) {
    return AdapterErrors.contradiction(source, exitCode, key, why);
  }

  private static boolean isTextOrNull(JsonNode value) {
    return value.isTextual() || value.isNull();
  }

  private static boolean isModules(JsonNode value) {
    return isTextOrNull(value) || isListOf(value, JsonNode::isTextual);
  }

  private static boolean isRank(JsonNode value) {
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

  /** Null, false, 0, "", [] and {}: what Python takes for false. */
  static boolean isEmpty(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isNumber() && value.doubleValue() == 0)
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isContainerNode() && value.isEmpty());
  }

  /** The texts of a list, or the single one. */
  static List<String> texts(JsonNode value) {
    if (value.isArray()) {
      return value.valueStream().map(JsonNode::textValue).toList();
    }
    return isEmpty(value) ? List.of() : List.of(value.textValue());
  }

  /** The numbers of a list, or the single one. */
  static List<Integer> integers(JsonNode value) {
    if (value.isArray()) {
      return value.valueStream().map(JsonNode::intValue).toList();
    }
    return value.isNull() ? List.of() : List.of(value.intValue());
  }

  /** PEFT holds these lists as sets. */
  static ObjectNode withSortedSets(ObjectNode keys) {
    for (String key : List.of("target_modules", "exclude_modules")) {
      if (keys.get(key).isArray()) {
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
