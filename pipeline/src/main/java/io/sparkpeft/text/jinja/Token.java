package io.sparkpeft.text.jinja;

/**
 * A piece of a template.
 *
 * @param text without quotes and with escapes resolved for {@link Kind#TEXT}
 * @param line counted from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    /** What stands outside tags. */
    DATA,
    BLOCK_BEGIN,
    BLOCK_END,
    PRINT_BEGIN,
    PRINT_END,
    NAME,
    TEXT,
    INTEGER,
    DECIMAL,
    OPERATOR,
    END
  }

  boolean is(Kind wanted, String wantedText) {
    return kind == wanted && text.equals(wantedText);
  }

  @Override
  public String toString() {
    return kind == Kind.END ? "the end" : "'" + text + "'";
  }
}
