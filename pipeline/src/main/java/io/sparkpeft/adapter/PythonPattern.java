package io.sparkpeft.adapter;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Regular expressions as Python's {@code re} reads them, as far as the two languages differ on
 * dotted ASCII paths: named groups, end anchors, open repetition counts, and brackets and
 * ampersands inside character classes, which Java takes for set operations.
 */
final class PythonPattern {
  private PythonPattern() {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if it is no regular expression
   */
  static Pattern compile(String expression) {
    try {
      return Pattern.compile(translated(expression));
    } catch (PatternSyntaxException e) {
      throw AdapterErrors.badRegex(expression, e);
    }
  }

  private static String translated(String python) {
    StringBuilder java = new StringBuilder();
    int classStart = -1;
    for (int i = 0; i < python.length(); i++) {
      char c = python.charAt(i);
      if (c == '\\' && i + 1 < python.length()) {
        char escaped = python.charAt(++i);
        java.append('\\').append(escaped == 'Z' ? 'z' : escaped);
      } else if (classStart >= 0) {
        boolean first = i == classStart + 1 || (i == classStart + 2 && python.charAt(i - 1) == '^');
        if (c == ']' && !first) {
          classStart = -1;
        }
        java.append(c == '[' || c == '&' || (c == ']' && first) ? "\\" + c : c);
      } else if (c == '[') {
        classStart = i;
        java.append(c);
      } else if (python.startsWith("(?P<", i)) {
        java.append("(?<");
        i += 3;
      } else if (python.startsWith("(?P=", i) && python.indexOf(')', i) > 0) {
        int end = python.indexOf(')', i);
        java.append("\\k<").append(python, i + 4, end).append('>');
        i = end;
      } else {
        java.append(python.startsWith("{,", i) ? "{0" : String.valueOf(c));
      }
    }
    return java.toString();
  }
}
