package io.sparkpeft.text.jinja;

import io.sparkpeft.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens and does all of Jinja's handling of white space: a line break after a
 * block is dropped (trim_blocks), blanks before a block that begins its line too (lstrip_blocks);
 * dashes strip everything, a plus keeps everything.
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".",
          ",", ":", "(", ")", "[", "]", "{", "}");

  private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private boolean lineStarts = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    String text = source.replace("\r\n", "\n").replace('\r', '\n');
    Lexer lexer = new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(source.substring(at));
        at = source.length();
      } else {
        data(before(tag));
        moveTo(tag + 2);
        char kind = source.charAt(tag + 1);
        skipSign();
        tag(kind);
      }
    }
    add(Kind.END, "");
  }

  private void tag(char kind) {
    if (kind == '#') {
      moveTo(endOf("#}"));
      closed(source.charAt(at - 1), 2, true);
    } else if (kind == '{') {
      add(Kind.PRINT_BEGIN, "{{");
      inside("}}", Kind.PRINT_END);
    } else if (isRaw()) {
      raw();
    } else {
      add(Kind.BLOCK_BEGIN, "{%");
      inside("%}", Kind.BLOCK_END);
    }
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** The text up to a tag, less what the tag strips. */
  private String before(int tag) {
    String text = source.substring(at, tag);
    char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
    if (sign == '-') {
      return text.stripTrailing();
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean beginsLine = (lineStart > 0 || lineStarts) && text.substring(lineStart).isBlank();
    boolean strips = sign != '+' && source.charAt(tag + 1) != '{';
    return beginsLine && strips ? text.substring(0, lineStart) : text;
  }

  private void skipSign() {
    if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
      moveTo(at + 1);
    }
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  /** The place of an end mark that must come. */
  private int endOf(String mark) {
    int end = source.indexOf(mark, at);
    if (end < 0) {
      throw JinjaException.at(line, "'" + mark + "' is missing");
    }
    return end;
  }

  /** Steps over an end mark, the sign before which decides about the white space behind it. */
  private void closed(char sign, int markLength, boolean trims) {
    int end = at + markLength;
    if (sign == '-') {
      while (end < source.length() && Character.isWhitespace(source.charAt(end))) {
        end++;
      }
    } else if (trims && sign != '+' && end < source.length() && source.charAt(end) == '\n') {
      end++;
    }
    moveTo(end);
    lineStarts = source.charAt(end - 1) == '\n';
  }

  private void moveTo(int position) {
    for (; at < position; at++) {
      line += source.charAt(at) == '\n' ? 1 : 0;
    }
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line));
  }

  private boolean isRaw() {
    return source.substring(at, endOf("%}")).replace("-", "").strip().equals("raw");
  }

  private void raw() {
    moveTo(endOf("%}"));
    closed(source.charAt(at - 1), 2, true);
    Matcher end = END_RAW.matcher(source);
    if (!end.find(at)) {
      throw JinjaException.at(line, "'endraw' is missing");
    }
    data(before(end.start()));
    moveTo(end.end() - 2);
    closed(end.group(2).isEmpty() ? ' ' : end.group(2).charAt(0), 2, true);
  }

  /** The tokens of a tag's inside, up to its end mark outside of brackets. */
  private void inside(String mark, Kind end) {
    int depth = 0;
    while (true) {
      while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
        moveTo(at + 1);
      }
      if (at >= source.length()) {
        throw JinjaException.at(line, "'" + mark + "' is missing");
      }
      char c = source.charAt(at);
      boolean signed = (c == '-' || c == '+') && source.startsWith(mark, at + 1);
      if (depth == 0 && (signed || source.startsWith(mark, at))) {
        add(end, mark);
        moveTo(signed ? at + 1 : at);
        closed(signed ? c : ' ', 2, end == Kind.BLOCK_END);
        return;
      }
      depth += token(c);
    }
  }

  /** Reads one token; returns by how much it deepens the nesting of brackets. */
  private int token(char c) {
    if (c == '\'' || c == '"') {
      text(c);
    } else if (Character.isDigit(c)) {
      number();
    } else if (Character.isJavaIdentifierStart(c)) {
      int end = at;
      while (end < source.length() && Character.isJavaIdentifierPart(source.charAt(end))) {
        end++;
      }
      add(Kind.NAME, source.substring(at, end));
      moveTo(end);
    } else {
      String operator =
          OPERATORS.stream()
              .filter(o -> source.startsWith(o, at))
              .findFirst()
              .orElseThrow(() -> JinjaException.at(line, "unexpected '" + c + "'"));
      add(Kind.OPERATOR, operator);
      moveTo(at + operator.length());
      return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
    }
    return 0;
  }

  private void number() {
    int end = digits(at);
    boolean decimal =
        end + 1 < source.length()
            && source.charAt(end) == '.'
            && Character.isDigit(source.charAt(end + 1))
            && !followsDot();
    end = decimal ? digits(end + 1) : end;
    add(decimal ? Kind.DECIMAL : Kind.INTEGER, source.substring(at, end).replace("_", ""));
    moveTo(end);
  }

  /** In {@code a.0.1} the numbers are indexes. */
  private boolean followsDot() {
    return tokens.get(tokens.size() - 1).is(Kind.OPERATOR, ".");
  }

  private int digits(int from) {
    int end = from;
    while (end < source.length()
        && (Character.isDigit(source.charAt(end)) || source.charAt(end) == '_')) {
      end++;
    }
    return end;
  }

  private void text(char quote) {
    StringBuilder text = new StringBuilder();
    int start = line;
    int i = at + 1;
    while (i < source.length() && source.charAt(i) != quote) {
      i = source.charAt(i) == '\\' ? escape(i + 1, text) : plain(i, text);
    }
    if (i >= source.length()) {
      throw JinjaException.at(start, "a text does not end");
    }
    add(Kind.TEXT, text.toString());
    moveTo(i + 1);
  }

  private int plain(int i, StringBuilder text) {
    text.append(source.charAt(i));
    return i + 1;
  }

  /** Python's escapes; an unknown one stands for itself, backslash included. */
  private int escape(int i, StringBuilder text) {
    if (i >= source.length()) {
      return i;
    }
    char c = source.charAt(i);
    int known = "ntrfb0\\'\"".indexOf(c);
    if (known >= 0) {
      text.append("\n\t\r\f\b\0\\'\"".charAt(known));
      return i + 1;
    }
    int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0 && i + digits < source.length()) {
      text.appendCodePoint(Integer.parseInt(source.substring(i + 1, i + 1 + digits), 16));
      return i + 1 + digits;
    }
    if (c != '\n') {
      text.append('\\').append(c);
    }
    return i + 1;
  }
}
