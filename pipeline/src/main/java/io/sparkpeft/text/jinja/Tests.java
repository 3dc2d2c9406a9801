package io.sparkpeft.text.jinja;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;

/** What may follow {@code is}. */
final class Tests {
  private static final Map<String, Function> BY_NAME =
      Map.ofEntries(
          Map.entry("defined", (v, a) -> !(v instanceof Undefined)),
          Map.entry("undefined", (v, a) -> v instanceof Undefined),
          Map.entry("none", (v, a) -> v == null),
          Map.entry("string", (v, a) -> v instanceof String),
          Map.entry("number", (v, a) -> Numbers.isNumber(v)),
          Map.entry("integer", (v, a) -> Numbers.isWhole(v) && !(v instanceof Boolean)),
          Map.entry("float", (v, a) -> Numbers.isNumber(v) && !Numbers.isWhole(v)),
          Map.entry("boolean", (v, a) -> v instanceof Boolean),
          Map.entry("mapping", (v, a) -> v instanceof Map),
          Map.entry("sequence", (v, a) -> isSequence(v)),
          Map.entry("iterable", (v, a) -> isSequence(v) || v instanceof Undefined),
          Map.entry("callable", (v, a) -> v instanceof Callable),
          Map.entry("true", (v, a) -> Boolean.TRUE.equals(v)),
          Map.entry("false", (v, a) -> Boolean.FALSE.equals(v)),
          Map.entry("odd", (v, a) -> Math.floorMod(Numbers.whole(v), 2L) == 1),
          Map.entry("even", (v, a) -> Math.floorMod(Numbers.whole(v), 2L) == 0),
          Map.entry("divisibleby", (v, a) -> Numbers.whole(v) % a.integer(0, "num", 1) == 0),
          Map.entry("equalto", (v, a) -> Values.areEqual(v, a.required(0, "other"))),
          Map.entry("eq", (v, a) -> Values.areEqual(v, a.required(0, "other"))),
          Map.entry("ne", (v, a) -> !Values.areEqual(v, a.required(0, "other"))),
          Map.entry("gt", (v, a) -> Values.compare(v, a.required(0, "other")) > 0),
          Map.entry("ge", (v, a) -> Values.compare(v, a.required(0, "other")) >= 0),
          Map.entry("lt", (v, a) -> Values.compare(v, a.required(0, "other")) < 0),
          Map.entry("le", (v, a) -> Values.compare(v, a.required(0, "other")) <= 0),
          Map.entry("greaterthan", (v, a) -> Values.compare(v, a.required(0, "other")) > 0),
          Map.entry("lessthan", (v, a) -> Values.compare(v, a.required(0, "other")) < 0),
          Map.entry("in", (v, a) -> Values.contains(a.required(0, "seq"), v)),
          Map.entry("sameas", (v, a) -> v == a.required(0, "other")),
          Map.entry(
              "upper", (v, a) -> Values.text(v).equals(Values.text(v).toUpperCase(Locale.ROOT))),
          Map.entry(
              "lower", (v, a) -> Values.text(v).equals(Values.text(v).toLowerCase(Locale.ROOT))));

  private Tests() {}

  @FunctionalInterface
  interface Function {
    boolean test(Object value, Arguments arguments);
  }

  static Function find(String name, int line) {
    Function function = BY_NAME.get(name);
    if (function == null) {
      throw JinjaException.at(line, "there is no test '" + name + "'");
    }
    return function;
  }

  /** A test named in a filter's arguments, with the rest of these. */
  static boolean named(Object value, Arguments arguments, int from) {
    if (!arguments.has(from, "")) {
      return Values.isTrue(value);
    }
    return find(arguments.text(from, ""), 0).test(value, arguments.from(from + 1));
  }

  private static boolean isSequence(Object value) {
    return value instanceof Collection<?> || value instanceof String || value instanceof Map;
  }
}
