package io.sparkpeft.eval;

/**
 * Python's idea of white space, which lm-eval's prompts are stripped by. Java's differs: it has no
 * no-break spaces.
 */
final class PythonText {
  private PythonText() {}

  /** {@code str.strip()}. */
  static String strip(String text) {
    String right = stripRight(text);
    int start = 0;
    while (start < right.length() && isSpace(right.charAt(start))) {
      start++;
    }
    return right.substring(start);
  }

  /** {@code str.rstrip()}. */
  static String stripRight(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  /** {@code str.isspace()} of one character: separators, tab to carriage return, FS to US, NEL. */
  static boolean isSpace(char c) {
    return (c >= 0x09 && c <= 0x0D)
        || (c >= 0x1C && c <= 0x1F)
        || c == 0x85
        || Character.isSpaceChar(c);
  }
}
