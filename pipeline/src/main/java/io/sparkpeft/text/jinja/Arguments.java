package io.sparkpeft.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a filter, test, function or method is called with; values may be null, Jinja's none. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  int size() {
    return positional.size();
  }

  boolean has(int index, String name) {
    return index < positional.size() || named.containsKey(name);
  }

  /** An argument by place or name, or the default. */
  Object get(int index, String name, Object otherwise) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    return named.containsKey(name) ? named.get(name) : otherwise;
  }

  Object required(int index, String name) {
    if (!has(index, name)) {
      throw new JinjaException("the argument '" + name + "' is missing");
    }
    return get(index, name, "");
  }

  String text(int index, String name) {
    return Values.text(required(index, name));
  }

  Optional<String> optionalText(int index, String name) {
    return Optional.ofNullable(get(index, name, null)).map(Values::text);
  }

  int integer(int index, String name, int otherwise) {
    return get(index, name, (long) otherwise) instanceof Number number
        ? number.intValue()
        : otherwise;
  }

  boolean flag(int index, String name) {
    return Values.isTrue(get(index, name, false));
  }

  Arguments from(int index) {
    return new Arguments(positional.subList(Math.min(index, size()), size()), named);
  }
}
