package io.sparkpeft.text.jinja;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Collection;
import java.util.Map;

/**
 * JSON as Python's json.dumps writes it (ensure_ascii off): keys in their order, blanks after , and
 * :.
 */
final class PythonJson {
  private final StringBuilder text = new StringBuilder();
  private final int indent;
  private final String comma;
  private final String colon;

  private PythonJson(int indent, String comma, String colon) {
    this.indent = indent;
    this.comma = comma;
    this.colon = colon;
  }

  /**
   * @param indent blanks per level; 0 for one line
   */
  static String write(Object value, int indent) {
    return write(value, indent, indent > 0 ? "," : ", ", ": ");
  }

  /** The same with other separators. */
  static String write(Object value, int indent, String comma, String colon) {
    PythonJson json = new PythonJson(indent, comma, colon);
    json.value(value, 0);
    return json.text.toString();
  }

  private void value(Object value, int depth) {
    if (value == null) {
      text.append("null");
    } else if (value instanceof Map<?, ?> map) {
      map(map, depth);
    } else if (value instanceof Collection<?> list) {
      list(list, depth);
    } else if (value instanceof Boolean) {
      text.append(value);
    } else if (value instanceof Number number) {
      text.append(Numbers.text(number));
    } else if (value instanceof String string) {
      quoted(string);
    } else {
      throw new JinjaException(Values.repr(value) + " cannot be written as JSON");
    }
  }

  private void map(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      text.append("{}");
      return;
    }
    text.append('{');
    boolean first = true;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      separate(first, depth + 1);
      first = false;
      quoted(Values.text(entry.getKey()));
      text.append(colon);
      value(entry.getValue(), depth + 1);
    }
    lineBreak(depth);
    text.append('}');
  }

  private void list(Collection<?> list, int depth) {
    if (list.isEmpty()) {
      text.append("[]");
      return;
    }
    text.append('[');
    boolean first = true;
    for (Object element : list) {
      separate(first, depth + 1);
      first = false;
      value(element, depth + 1);
    }
    lineBreak(depth);
    text.append(']');
  }

  private void separate(boolean first, int depth) {
    if (!first) {
      text.append(comma);
    }
    lineBreak(depth);
  }

  private void lineBreak(int depth) {
    if (indent > 0) {
      text.append('\n').append(" ".repeat(indent * depth));
    }
  }

  private void quoted(String value) {
    text.append('"').append(JsonStringEncoder.getInstance().quoteAsString(value)).append('"');
  }
}
