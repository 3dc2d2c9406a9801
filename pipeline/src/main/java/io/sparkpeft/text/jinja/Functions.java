package io.sparkpeft.text.jinja;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions every template knows: Jinja's own, and those that transformers adds. */
final class Functions {
  private static final Map<Character, String> TIME_PARTS =
      Map.ofEntries(
          Map.entry('Y', "yyyy"),
          Map.entry('y', "yy"),
          Map.entry('m', "MM"),
          Map.entry('d', "dd"),
          Map.entry('b', "MMM"),
          Map.entry('B', "MMMM"),
          Map.entry('a', "EEE"),
          Map.entry('A', "EEEE"),
          Map.entry('H', "HH"),
          Map.entry('I', "hh"),
          Map.entry('M', "mm"),
          Map.entry('S', "ss"),
          Map.entry('p', "a"),
          Map.entry('j', "DDD"));

  private Functions() {}

  static Scope scope() {
    Scope scope = new Scope();
    scope.set("range", (Callable) Functions::range);
    scope.set("namespace", (Callable) Functions::namespace);
    scope.set("dict", (Callable) arguments -> new LinkedHashMap<Object, Object>(arguments.named()));
    scope.set("raise_exception", (Callable) Functions::raise);
    scope.set(
        "strftime_now",
        (Callable)
            arguments ->
                time(LocalDateTime.now(ZoneId.systemDefault()), arguments.text(0, "format")));
    return scope;
  }

  private static Object range(Arguments arguments) {
    int first = arguments.size() > 1 ? arguments.integer(0, "start", 0) : 0;
    int end = arguments.integer(arguments.size() > 1 ? 1 : 0, "stop", 0);
    int step = arguments.integer(2, "step", 1);
    List<Object> numbers = new ArrayList<>();
    for (long i = first; step > 0 ? i < end : i > end; i += step) {
      numbers.add(i);
    }
    return numbers;
  }

  @SuppressWarnings("unchecked") // a dict of names
  private static Object namespace(Arguments arguments) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    if (arguments.size() > 0) {
      attributes.putAll((Map<String, Object>) arguments.positional().get(0));
    }
    attributes.putAll(arguments.named());
    return new Namespace(attributes);
  }

  private static Object raise(Arguments arguments) {
    throw new JinjaException(arguments.text(0, "message"));
  }

  /** C's strftime, in English. */
  static String time(LocalDateTime time, String format) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c == '%' && i + 1 < format.length()) {
        i++;
        String pattern = TIME_PARTS.get(format.charAt(i));
        text.append(
            pattern == null
                ? format.substring(i, i + 1)
                : DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
