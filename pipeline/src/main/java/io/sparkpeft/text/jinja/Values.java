package io.sparkpeft.text.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Python's rules for values: truth, equality, order, text, elements and attributes. */
final class Values {
  private Values() {}

  static boolean isTrue(Object value) {
    if (value == null || value instanceof Undefined) {
      return false;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Number number) {
      return number.doubleValue() != 0;
    }
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    if (value instanceof Collection<?> list) {
      return !list.isEmpty();
    }
    return !(value instanceof Map<?, ?> map) || !map.isEmpty();
  }

  static boolean areEqual(Object a, Object b) {
    if (isNumeric(a) && isNumeric(b)) {
      return Numbers.compare(a, b) == 0;
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      boolean equal = left.size() == right.size();
      for (int i = 0; equal && i < left.size(); i++) {
        equal = areEqual(left.get(i), right.get(i));
      }
      return equal;
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    return a == null ? b == null : a.equals(b);
  }

  static int compare(Object a, Object b) {
    if (isNumeric(a) && isNumeric(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof String left && b instanceof String right) {
      return left.compareTo(right);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
        if (!areEqual(left.get(i), right.get(i))) {
          return compare(left.get(i), right.get(i));
        }
      }
      return Integer.compare(left.size(), right.size());
    }
    throw new JinjaException("cannot compare " + repr(a) + " with " + repr(b));
  }

  private static boolean isNumeric(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  static boolean contains(Object container, Object element) {
    if (container instanceof String text) {
      return text.contains(text(element));
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(element);
    }
    return elements(container).stream().anyMatch(e -> areEqual(e, element));
  }

  /** Python's str. */
  static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    return value instanceof Undefined ? "" : repr(value);
  }

  /** Python's repr. */
  static String repr(Object value) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    if (value instanceof Number number) {
      return Numbers.text(number);
    }
    if (value instanceof String text) {
      return quoted(text);
    }
    if (value instanceof Tuple tuple) {
      return joined(tuple, "(", tuple.size() == 1 ? ",)" : ")");
    }
    if (value instanceof Collection<?> list) {
      return joined(list, "[", "]");
    }
    if (value instanceof Map<?, ?> map) {
      StringJoiner text = new StringJoiner(", ", "{", "}");
      map.forEach((key, element) -> text.add(repr(key) + ": " + repr(element)));
      return text.toString();
    }
    return value instanceof Undefined ? "Undefined" : value.toString();
  }

  private static String joined(Collection<?> list, String prefix, String suffix) {
    StringJoiner text = new StringJoiner(", ", prefix, suffix);
    list.forEach(element -> text.add(repr(element)));
    return text.toString();
  }

  private static String quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder result = new StringBuilder().append(quote);
    text.chars()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> result.append("\\n");
                case '\t' -> result.append("\\t");
                case '\r' -> result.append("\\r");
                case '\\' -> result.append("\\\\");
                default -> result.append(c == quote ? "\\" : "").append((char) c);
              }
            });
    return result.append(quote).toString();
  }

  static long length(Object value) {
    if (value instanceof String text) {
      return text.codePointCount(0, text.length());
    }
    return value instanceof Map<?, ?> map ? map.size() : elements(value).size();
  }

  /** What a for block goes through: elements, keys, characters. */
  static List<Object> elements(Object value) {
    if (value instanceof Collection<?> list) {
      return new ArrayList<>(list);
    }
    if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String text) {
      return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    }
    if (value instanceof Undefined) {
      return List.of();
    }
    throw new JinjaException(repr(value) + " has no elements");
  }

  /** {@code value.name}: an attribute, else an element. */
  static Object attribute(Object value, String name) {
    if (value instanceof Undefined undefined) {
      throw undefined.refused();
    }
    if (value instanceof Namespace namespace) {
      return namespace.attribute(name);
    }
    if (value instanceof Loop loop) {
      return loop.attribute(name);
    }
    if (Methods.exists(value, name)) {
      return (Callable) arguments -> Methods.call(value, name, arguments);
    }
    return value instanceof Map<?, ?> map && map.containsKey(name)
        ? map.get(name)
        : new Undefined(name);
  }

  /** {@code value[key]}: an element, else an attribute. */
  static Object element(Object value, Object key) {
    if (value instanceof Undefined undefined) {
      throw undefined.refused();
    }
    if (value instanceof Map<?, ?> map && map.containsKey(key)) {
      return map.get(key);
    }
    if (key instanceof Number number && !(value instanceof Map)) {
      List<Object> elements = elements(value);
      long index =
          number.longValue() < 0 ? number.longValue() + elements.size() : number.longValue();
      return index >= 0 && index < elements.size()
          ? elements.get((int) index)
          : new Undefined(Long.toString(number.longValue()));
    }
    return key instanceof String name ? attribute(value, name) : new Undefined(repr(key));
  }

  /** {@code value[from:to:step]}; null where a part is left out. */
  static Object slice(Object value, Object from, Object to, Object step) {
    List<Object> elements = elements(value);
    int size = elements.size();
    int stride = step == null ? 1 : ((Number) step).intValue();
    int first = from == null ? (stride > 0 ? 0 : size - 1) : bound(from, size, stride);
    int end = to == null ? (stride > 0 ? size : -1) : bound(to, size, stride);
    List<Object> result = new ArrayList<>();
    for (int i = first; stride > 0 ? i < end : i > end; i += stride) {
      result.add(elements.get(i));
    }
    if (value instanceof String) {
      return String.join("", result.stream().map(Values::text).toList());
    }
    return value instanceof Tuple ? new Tuple(result) : result;
  }

  private static int bound(Object value, int size, int stride) {
    int index = ((Number) value).intValue();
    index = index < 0 ? index + size : index;
    return stride > 0
        ? Math.max(0, Math.min(index, size))
        : Math.max(-1, Math.min(index, size - 1));
  }

  static Tuple tuple(Object... elements) {
    return new Tuple(Arrays.asList(elements));
  }
}
