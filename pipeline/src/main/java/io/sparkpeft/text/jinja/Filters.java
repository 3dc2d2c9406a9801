package io.sparkpeft.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** What may follow a bar. */
final class Filters {
  private static final Map<String, Function> BY_NAME =
      Map.ofEntries(
          Map.entry(
              "trim",
              (v, a) -> Methods.strip(Values.text(v), a.optionalText(0, "chars"), true, true)),
          Map.entry("lower", (v, a) -> Values.text(v).toLowerCase(Locale.ROOT)),
          Map.entry("upper", (v, a) -> Values.text(v).toUpperCase(Locale.ROOT)),
          Map.entry("capitalize", (v, a) -> Methods.capitalized(Values.text(v))),
          Map.entry("title", (v, a) -> Methods.title(Values.text(v))),
          Map.entry("length", (v, a) -> Values.length(v)),
          Map.entry("count", (v, a) -> Values.length(v)),
          Map.entry("first", (v, a) -> Values.element(Values.elements(v), 0L)),
          Map.entry("last", (v, a) -> Values.element(Values.elements(v), -1L)),
          Map.entry("join", Filters::join),
          Map.entry("default", Filters::otherwise),
          Map.entry("d", Filters::otherwise),
          Map.entry(
              "replace",
              (v, a) ->
                  Methods.replaced(
                      Values.text(v),
                      a.text(0, "old"),
                      a.text(1, "new"),
                      a.integer(2, "count", -1))),
          Map.entry("int", (v, a) -> whole(v, a.get(0, "default", 0L))),
          Map.entry("float", (v, a) -> decimal(v, a.get(0, "default", 0.0))),
          Map.entry("string", (v, a) -> Values.text(v)),
          Map.entry("list", (v, a) -> Values.elements(v)),
          Map.entry("tojson", Filters::toJson),
          Map.entry("indent", Filters::indent),
          Map.entry("sort", Filters::sort),
          Map.entry("reverse", (v, a) -> Values.slice(v, null, null, -1L)),
          Map.entry("unique", Filters::unique),
          Map.entry("map", Filters::map),
          Map.entry("select", (v, a) -> kept(v, e -> Tests.named(e, a, 0))),
          Map.entry("reject", (v, a) -> kept(v, e -> !Tests.named(e, a, 0))),
          Map.entry("selectattr", (v, a) -> kept(v, e -> Tests.named(path(e, a), a, 1))),
          Map.entry("rejectattr", (v, a) -> kept(v, e -> !Tests.named(path(e, a), a, 1))),
          Map.entry("items", (v, a) -> Methods.items((Map<?, ?>) v)),
          Map.entry("dictsort", Filters::dictSort),
          Map.entry("abs", (v, a) -> Values.compare(v, 0L) < 0 ? Numbers.negated(v) : v),
          Map.entry(
              "min", (v, a) -> Values.elements(v).stream().min(Values::compare).orElseThrow()),
          Map.entry(
              "max", (v, a) -> Values.elements(v).stream().max(Values::compare).orElseThrow()),
          Map.entry(
              "sum",
              (v, a) -> Values.elements(v).stream().reduce(0L, (x, y) -> Numbers.apply("+", x, y))),
          Map.entry("safe", (v, a) -> v),
          Map.entry("attr", (v, a) -> Values.attribute(v, a.text(0, "name"))),
          Map.entry("format", (v, a) -> Methods.format(Values.text(v), new Tuple(a.positional()))));

  private Filters() {}

  @FunctionalInterface
  interface Function {
    Object apply(Object value, Arguments arguments);
  }

  static Function find(String name, int line) {
    Function function = BY_NAME.get(name);
    if (function == null) {
      throw JinjaException.at(line, "there is no filter '" + name + "'");
    }
    return function;
  }

  private static Object toJson(Object value, Arguments arguments) {
    int indent = arguments.integer(1, "indent", 0);
    Object separators = arguments.get(2, "separators", null);
    return separators == null
        ? PythonJson.write(value, indent)
        : PythonJson.write(
            value,
            indent,
            Values.text(Values.element(separators, 0L)),
            Values.text(Values.element(separators, 1L)));
  }

  private static Object join(Object value, Arguments arguments) {
    Object parts =
        arguments.has(1, "attribute")
            ? map(
                value,
                new Arguments(List.of(), Map.of("attribute", arguments.get(1, "attribute", ""))))
            : value;
    return Methods.joined(arguments.optionalText(0, "d").orElse(""), parts);
  }

  private static Object otherwise(Object value, Arguments arguments) {
    boolean absent =
        value instanceof Undefined || (arguments.flag(1, "boolean") && !Values.isTrue(value));
    return absent ? arguments.get(0, "default_value", "") : value;
  }

  private static Object whole(Object value, Object otherwise) {
    if (Numbers.isNumber(value)) {
      return (long) Numbers.decimal(value);
    }
    try {
      return (long) Double.parseDouble(Values.text(value).strip());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static Object decimal(Object value, Object otherwise) {
    try {
      return Numbers.isNumber(value)
          ? Numbers.decimal(value)
          : Double.parseDouble(Values.text(value).strip());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  /** Indents all lines but blank ones, and the first only if asked to. */
  private static Object indent(Object value, Arguments arguments) {
    Object width = arguments.get(0, "width", 4L);
    String blanks =
        width instanceof Number number ? " ".repeat(number.intValue()) : Values.text(width);
    boolean blankToo = arguments.flag(2, "blank");
    String[] lines = Values.text(value).split("\n", -1);
    for (int i = arguments.flag(1, "first") ? 0 : 1; i < lines.length; i++) {
      lines[i] = lines[i].isEmpty() && !blankToo ? lines[i] : blanks + lines[i];
    }
    return String.join("\n", lines);
  }

  private static Object sort(Object value, Arguments arguments) {
    boolean exact = arguments.flag(1, "case_sensitive");
    Optional<String> attribute = arguments.optionalText(2, "attribute");
    Comparator<Object> order =
        (a, b) ->
            Values.compare(
                folded(attribute.map(name -> path(a, name)).orElse(a), exact),
                folded(attribute.map(name -> path(b, name)).orElse(b), exact));
    List<Object> sorted = Values.elements(value);
    sorted.sort(arguments.flag(0, "reverse") ? order.reversed() : order);
    return sorted;
  }

  private static Object folded(Object value, boolean exact) {
    return value instanceof String text && !exact ? text.toLowerCase(Locale.ROOT) : value;
  }

  private static Object unique(Object value, Arguments arguments) {
    List<Object> unique = new ArrayList<>();
    boolean exact = arguments.flag(0, "case_sensitive");
    for (Object element : Values.elements(value)) {
      boolean known =
          unique.stream().anyMatch(u -> Values.areEqual(folded(u, exact), folded(element, exact)));
      if (!known) {
        unique.add(element);
      }
    }
    return unique;
  }

  private static Object map(Object value, Arguments arguments) {
    List<Object> mapped = new ArrayList<>();
    boolean byAttribute = arguments.named().containsKey("attribute");
    for (Object element : Values.elements(value)) {
      if (byAttribute) {
        Object attribute = path(element, Values.text(arguments.named().get("attribute")));
        mapped.add(
            attribute instanceof Undefined && arguments.named().containsKey("default")
                ? arguments.named().get("default")
                : attribute);
      } else {
        mapped.add(find(arguments.text(0, "filter"), 0).apply(element, arguments.from(1)));
      }
    }
    return mapped;
  }

  private static List<Object> kept(Object value, Predicate<Object> condition) {
    return new ArrayList<>(Values.elements(value).stream().filter(condition).toList());
  }

  private static Object path(Object value, Arguments arguments) {
    return path(value, arguments.text(0, "attribute"));
  }

  /** An attribute of an attribute, with dots between them. */
  private static Object path(Object value, String names) {
    Object result = value;
    for (String name : names.split("\\.")) {
      result =
          name.chars().allMatch(Character::isDigit)
              ? Values.element(result, Long.parseLong(name))
              : Values.element(result, name);
    }
    return result;
  }

  private static Object dictSort(Object value, Arguments arguments) {
    boolean exact = arguments.flag(0, "case_sensitive");
    int by = "value".equals(arguments.get(1, "by", "key")) ? 1 : 0;
    List<Object> items = Methods.items((Map<?, ?>) value);
    items.sort(
        (a, b) ->
            Values.compare(folded(((Tuple) a).get(by), exact), folded(((Tuple) b).get(by), exact)));
    return items;
  }
}
