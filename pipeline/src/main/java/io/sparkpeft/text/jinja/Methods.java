package io.sparkpeft.text.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** The methods of Python's str, dict and list that templates call. */
final class Methods {
  private static final Set<String> TEXT =
      Set.of(
          "strip",
          "lstrip",
          "rstrip",
          "startswith",
          "endswith",
          "upper",
          "lower",
          "title",
          "capitalize",
          "replace",
          "split",
          "rsplit",
          "splitlines",
          "join",
          "find",
          "rfind",
          "index",
          "count",
          "isdigit",
          "isspace",
          "isupper",
          "islower",
          "format",
          "removeprefix",
          "removesuffix");
  private static final Set<String> MAP = Set.of("items", "keys", "values", "get");
  private static final Set<String> LIST = Set.of("append", "index", "count", "pop", "extend");

  private Methods() {}

  static boolean exists(Object self, String name) {
    return (self instanceof String && TEXT.contains(name))
        || (self instanceof Map && MAP.contains(name))
        || (self instanceof List && LIST.contains(name));
  }

  static Object call(Object self, String name, Arguments arguments) {
    if (self instanceof String text) {
      return ofText(text, name, arguments);
    }
    return self instanceof Map<?, ?> map
        ? ofMap(map, name, arguments)
        : ofList(list(self), name, arguments);
  }

  @SuppressWarnings("unchecked") // lists of templates hold any value
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  private static Object ofText(String text, String name, Arguments arguments) {
    return switch (name) {
      case "strip" -> strip(text, arguments.optionalText(0, "chars"), true, true);
      case "lstrip" -> strip(text, arguments.optionalText(0, "chars"), true, false);
      case "rstrip" -> strip(text, arguments.optionalText(0, "chars"), false, true);
      case "startswith" -> any(arguments.required(0, "prefix"), text::startsWith);
      case "endswith" -> any(arguments.required(0, "suffix"), text::endsWith);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" -> capitalized(text);
      case "replace" ->
          replaced(
              text,
              arguments.text(0, "old"),
              arguments.text(1, "new"),
              arguments.integer(2, "count", -1));
      case "split" ->
          split(text, arguments.optionalText(0, "sep"), arguments.integer(1, "maxsplit", -1));
      case "rsplit" ->
          splitFromRight(text, arguments.text(0, "sep"), arguments.integer(1, "maxsplit", -1));
      case "splitlines" -> new ArrayList<Object>(text.lines().toList());
      case "join" -> joined(text, arguments.required(0, "iterable"));
      case "find" -> (long) text.indexOf(arguments.text(0, "sub"));
      case "rfind" -> (long) text.lastIndexOf(arguments.text(0, "sub"));
      case "index" -> found(text.indexOf(arguments.text(0, "sub")));
      case "count" -> (long) split(text, Optional.of(arguments.text(0, "sub")), -1).size() - 1;
      case "isdigit" -> !text.isEmpty() && text.codePoints().allMatch(Character::isDigit);
      case "isspace" -> !text.isEmpty() && text.chars().allMatch(Methods::isSpace);
      case "isupper" ->
          !text.equals(text.toLowerCase(Locale.ROOT)) && text.equals(text.toUpperCase(Locale.ROOT));
      case "islower" ->
          !text.equals(text.toUpperCase(Locale.ROOT)) && text.equals(text.toLowerCase(Locale.ROOT));
      case "removeprefix" ->
          text.startsWith(arguments.text(0, "prefix"))
              ? text.substring(arguments.text(0, "prefix").length())
              : text;
      case "removesuffix" ->
          text.endsWith(arguments.text(0, "suffix"))
              ? text.substring(0, text.length() - arguments.text(0, "suffix").length())
              : text;
      default -> braces(text, arguments);
    };
  }

  private static Object ofMap(Map<?, ?> map, String name, Arguments arguments) {
    return switch (name) {
      case "items" -> items(map);
      case "keys" -> new ArrayList<Object>(map.keySet());
      case "values" -> new ArrayList<Object>(map.values());
      default -> {
        Object key = arguments.required(0, "key");
        yield map.containsKey(key) ? map.get(key) : arguments.get(1, "default", null);
      }
    };
  }

  /** Templates may append to lists that they made; lists given to them stay as they are. */
  private static Object ofList(List<Object> list, String name, Arguments arguments) {
    try {
      return switch (name) {
        case "append" -> {
          list.add(arguments.required(0, "object"));
          yield null;
        }
        case "extend" -> {
          list.addAll(Values.elements(arguments.required(0, "iterable")));
          yield null;
        }
        case "pop" -> list.remove(arguments.integer(0, "index", list.size() - 1));
        case "count" ->
            list.stream().filter(e -> Values.areEqual(e, arguments.required(0, "value"))).count();
        default -> found(list.indexOf(arguments.required(0, "value")));
      };
    } catch (UnsupportedOperationException e) {
      throw new JinjaException("this list cannot be changed");
    }
  }

  private static Object found(int index) {
    if (index < 0) {
      throw new JinjaException("substring or element not found");
    }
    return (long) index;
  }

  static List<Object> items(Map<?, ?> map) {
    List<Object> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(Values.tuple(key, value)));
    return items;
  }

  static String strip(String text, Optional<String> characters, boolean left, boolean right) {
    IntPredicate goes =
        characters.isPresent() ? c -> characters.get().indexOf(c) >= 0 : Methods::isSpace;
    int from = 0;
    int to = text.length();
    while (left && from < to && goes.test(text.charAt(from))) {
      from++;
    }
    while (right && to > from && goes.test(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  private static boolean any(Object what, Predicate<String> test) {
    return what instanceof List<?> several
        ? several.stream().anyMatch(one -> test.test(Values.text(one)))
        : test.test(Values.text(what));
  }

  static String title(String text) {
    StringBuilder result = new StringBuilder();
    boolean begins = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      result.append(begins ? Character.toTitleCase(c) : Character.toLowerCase(c));
      begins = !Character.isLetter(c);
    }
    return result.toString();
  }

  static String capitalized(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  /** A negative count replaces all. */
  static String replaced(String text, String old, String by, int count) {
    return joined(by, split(text, Optional.of(old), count));
  }

  private static List<Object> split(String text, Optional<String> separator, int count) {
    if (separator.isEmpty()) {
      String stripped = strip(text, Optional.empty(), true, true);
      return stripped.isEmpty()
          ? new ArrayList<>()
          : new ArrayList<>(Arrays.asList((Object[]) stripped.split("\\s+", count + 1)));
    }
    List<Object> parts = new ArrayList<>();
    int from = 0;
    int at = text.indexOf(separator.get());
    for (int left = count; at >= 0 && left != 0; left--) {
      parts.add(text.substring(from, at));
      from = at + separator.get().length();
      at = text.indexOf(separator.get(), Math.max(from, at + 1));
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static List<Object> splitFromRight(String text, String separator, int count) {
    List<Object> parts = new ArrayList<>();
    int to = text.length();
    int at = text.lastIndexOf(separator);
    for (int left = count; at >= 0 && left != 0; left--) {
      parts.add(0, text.substring(at + separator.length(), to));
      to = at;
      at = text.lastIndexOf(separator, to - 1);
    }
    parts.add(0, text.substring(0, to));
    return parts;
  }

  static String joined(String separator, Object parts) {
    return String.join(separator, Values.elements(parts).stream().map(Values::text).toList());
  }

  /** Python's % for texts and whole numbers. */
  static String format(String format, Object values) {
    List<?> all = values instanceof Tuple tuple ? tuple : Arrays.asList(values);
    String text = format;
    for (Object value : all) {
      int at = text.indexOf("%s") >= 0 ? text.indexOf("%s") : text.indexOf("%d");
      if (at < 0) {
        throw new JinjaException("too many values to format");
      }
      text = text.substring(0, at) + Values.text(value) + text.substring(at + 2);
    }
    return text;
  }

  private static String braces(String format, Arguments arguments) {
    String text = format;
    for (Object value : arguments.positional()) {
      text = replaced(text, "{}", Values.text(value), 1);
    }
    for (Map.Entry<String, Object> named : arguments.named().entrySet()) {
      text = text.replace("{" + named.getKey() + "}", Values.text(named.getValue()));
    }
    return text;
  }
}
