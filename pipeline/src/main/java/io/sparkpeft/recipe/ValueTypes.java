package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.sparkpeft.base.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The types that keys have. */
final class ValueTypes {
  private static final String SET = "--set";
  private static final Pattern PLAIN_NAMES = Pattern.compile("[\\w.]+(\\s*,\\s*[\\w.]+)*");

  static final ValueType<String> TEXT = new Scalar<>("text", text -> text);
  static final ValueType<Integer> INTEGER = new Scalar<>("integer", ValueTypes::integer);
  static final ValueType<Long> LONG = new Scalar<>("integer", ValueTypes::longInteger);
  static final ValueType<Double> NUMBER = new Scalar<>("number", ValueTypes::number);
  static final ValueType<Boolean> BOOLEAN = new Scalar<>("boolean", ValueTypes::bool);

  /** Bytes: a number, or one with a unit as HOCON has them (256 MiB, 2g). */
  static final ValueType<Long> SIZE = new Scalar<>("size", ValueTypes::size);

  static final ValueType<JsonNode> INDICES = new IndicesType();
  static final ValueType<TextOrList> TEXT_OR_LIST = new TextOrListType();

  private ValueTypes() {}

  /** A word for each constant of an enumeration: its name in lower case. */
  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> choices) {
    return oneOf(choices, choice -> choice.name().toLowerCase(Locale.ROOT));
  }

  /** The same with words in capitals, as PEFT has some. */
  static <E extends Enum<E>> ValueType<E> oneOfCapitals(Class<E> choices) {
    return oneOf(choices, Enum::name);
  }

  /** One of some words, or a text of a form that stands for many more. */
  static ValueType<String> oneOf(List<String> words, String form, String pattern) {
    String all = String.join(", ", words) + ", " + form;
    return new Scalar<>(
        "one of " + all,
        text -> {
          String word = text.trim().toLowerCase(Locale.ROOT);
          if (!words.contains(word) && !word.matches(pattern)) {
            throw new IllegalArgumentException("It must be one of " + all + ".");
          }
          return word;
        },
        ValueTypes::choiceJson);
  }

  private static <E extends Enum<E>> ValueType<E> oneOf(
      Class<E> choices, Function<E, String> spelling) {
    Map<String, E> bySpelling = new LinkedHashMap<>();
    for (E choice : choices.getEnumConstants()) {
      bySpelling.put(spelling.apply(choice), choice);
    }
    String words = String.join(", ", bySpelling.keySet());
    return new Scalar<>(
        "one of " + words,
        text -> choice(text, bySpelling, words),
        choice -> choiceJson(spelling.apply(choice)));
  }

  static <T> ValueType<Optional<T>> optional(ValueType<T> type) {
    return new Maybe<>(type);
  }

  static <T> ValueType<List<T>> listOf(ValueType<T> element) {
    return new ListType<>(element);
  }

  static <T> ValueType<Map<String, T>> mapOf(ValueType<T> element) {
    return new MapType<>(element);
  }

  private static <E> E choice(String text, Map<String, E> bySpelling, String words) {
    return bySpelling.entrySet().stream()
        .filter(entry -> entry.getKey().equalsIgnoreCase(text.trim()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("It must be one of " + words + "."))
        .getValue();
  }

  /** The words true and false are JSON's own, as in PEFT's init_lora_weights. */
  private static JsonNode choiceJson(String word) {
    return switch (word) {
      case "true" -> Json.tree(true);
      case "false" -> Json.tree(false);
      default -> Json.tree(word);
    };
  }

  private static int integer(String text) {
    return narrowed(text, "an integer", Integer::valueOf);
  }

  private static long longInteger(String text) {
    return narrowed(text, "an integer", Long::valueOf);
  }

  private static double number(String text) {
    double value = narrowed(text, "a number", Double::valueOf);
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("It must be a finite number.");
    }
    return value;
  }

  private static long size(String text) {
    try {
      return ConfigValueFactory.fromAnyRef(text).atKey("size").getBytes("size");
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          "It must be a number of bytes, 0 or more, such as 256 MiB.", e);
    }
  }

  private static <T> T narrowed(String text, String what, Function<String, T> parse) {
    try {
      return parse.apply(text.trim());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("It must be " + what + ".", e);
    }
  }

  private static boolean bool(String text) {
    return switch (text.trim().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("It must be true or false.");
    };
  }

  /** HOCON for a list or a map given on the command line; other text stays text. */
  private static ConfigValue structured(String text) {
    String trimmed = text.trim();
    if (!trimmed.startsWith("[") && !trimmed.startsWith("{")) {
      return scalar(text);
    }
    try {
      return ConfigFactory.parseString("value = " + trimmed).getValue("value");
    } catch (ConfigException e) {
      return scalar(text);
    }
  }

  private static ConfigValue scalar(String text) {
    return ConfigValueFactory.fromAnyRef(text, SET);
  }

  /** Text, number or boolean as it was written ({@code 0123} keeps its zero). */
  private static String written(ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> value.atKey("value").getString("value");
      case LIST -> throw new IllegalArgumentException("It is a list.");
      case OBJECT -> throw new IllegalArgumentException("It is a section with keys of its own.");
      case NULL -> throw new IllegalArgumentException("It is null.");
    };
  }

  private record Scalar<T>(String name, Function<String, T> parse, Function<T, JsonNode> write)
      implements ValueType<T> {
    Scalar(String name, Function<String, T> parse) {
      this(name, parse, Json::tree);
    }

    @Override
    public ConfigValue ofText(String text) {
      return scalar(text);
    }

    @Override
    public T read(ConfigValue value) {
      return parse.apply(written(value));
    }

    @Override
    public JsonNode json(T value) {
      return write.apply(value);
    }
  }

  /** A value that may be missing: {@code null} in a file, or empty text where text is no value. */
  private record Maybe<T>(ValueType<T> type) implements ValueType<Optional<T>> {
    @Override
    public String name() {
      return type.name();
    }

    @Override
    public ConfigValue ofText(String text) {
      return type.ofText(text);
    }

    @Override
    public Optional<T> read(ConfigValue value) {
      return value.valueType() == ConfigValueType.NULL
          ? Optional.empty()
          : Optional.of(type.read(value));
    }

    @Override
    public JsonNode json(Optional<T> value) {
      return value.map(type::json).orElse(Json.tree(null));
    }
  }

  private record ListType<T>(ValueType<T> element) implements ValueType<List<T>> {
    @Override
    public String name() {
      return "list of " + plural(element.name());
    }

    @Override
    public ConfigValue ofText(String text) {
      return structured(text);
    }

    @Override
    public List<T> read(ConfigValue value) {
      List<T> elements = new ArrayList<>();
      if (value instanceof ConfigList list) {
        list.forEach(item -> elements.add(element.read(item)));
      } else if (!written(value).isBlank()) {
        for (String item : written(value).split(",")) {
          elements.add(element.read(scalar(item.trim())));
        }
      }
      return List.copyOf(elements);
    }

    @Override
    public JsonNode json(List<T> value) {
      return Json.array().addAll(value.stream().map(element::json).toList());
    }
  }

  private record MapType<T>(ValueType<T> element) implements ValueType<Map<String, T>> {
    @Override
    public String name() {
      return "map to " + plural(element.name());
    }

    @Override
    public ConfigValue ofText(String text) {
      return structured(text);
    }

    @Override
    public Map<String, T> read(ConfigValue value) {
      if (!(value instanceof ConfigObject object)) {
        throw new IllegalArgumentException("It must be a map such as { \"layers.0.q_proj\": 4 }.");
      }
      Map<String, T> entries = new TreeMap<>();
      gather("", object, entries);
      return Collections.unmodifiableMap(entries);
    }

    /** HOCON reads an unquoted dot as nesting; here it is part of the name. */
    private void gather(String prefix, ConfigObject object, Map<String, T> entries) {
      object.forEach(
          (name, value) -> {
            if (value instanceof ConfigObject nested) {
              gather(prefix + name + ".", nested, entries);
            } else {
              entries.put(prefix + name, element.read(value));
            }
          });
    }

    @Override
    public JsonNode json(Map<String, T> value) {
      Map<String, JsonNode> sorted = new TreeMap<>();
      value.forEach((name, item) -> sorted.put(name, element.json(item)));
      return Json.object().setAll(sorted);
    }
  }

  /** PEFT's {@code Union[list[int], dict[str, list[int]]]}. */
  private static final class IndicesType implements ValueType<JsonNode> {
    private static final ValueType<List<Integer>> LIST = listOf(INTEGER);
    private static final ValueType<Map<String, List<Integer>>> MAP = mapOf(LIST);

    @Override
    public String name() {
      return "list of integers, or a map to such lists";
    }

    @Override
    public ConfigValue ofText(String text) {
      return structured(text);
    }

    @Override
    public JsonNode read(ConfigValue value) {
      return value instanceof ConfigObject
          ? MAP.json(MAP.read(value))
          : LIST.json(LIST.read(value));
    }

    @Override
    public JsonNode json(JsonNode value) {
      return value;
    }
  }

  /** Plain names, with commas between them, are a list; any other text is PEFT's pattern. */
  private static final class TextOrListType implements ValueType<TextOrList> {
    @Override
    public String name() {
      return "list of texts, or a pattern";
    }

    @Override
    public ConfigValue ofText(String text) {
      return structured(text);
    }

    @Override
    public TextOrList read(ConfigValue value) {
      boolean isList =
          value instanceof ConfigList || PLAIN_NAMES.matcher(written(value).trim()).matches();
      return isList
          ? new TextOrList.Texts(listOf(TEXT).read(value))
          : new TextOrList.Text(written(value));
    }

    @Override
    public JsonNode json(TextOrList value) {
      return value instanceof TextOrList.Texts texts
          ? Json.tree(texts.values())
          : Json.tree(((TextOrList.Text) value).value());
    }
  }

  private static String plural(String name) {
    return name + "s";
  }
}
