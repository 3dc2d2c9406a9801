package io.sparkpeft.report;

/**
 * A cell of a table.
 *
 * @param kind the class of its element
 */
record Cell(String kind, Html content) {
  static Cell of(String text) {
    return new Cell("", Html.text(text));
  }

  static Cell of(Html content) {
    return new Cell("", content);
  }

  static Cell number(String text) {
    return new Cell("number", Html.text(text));
  }

  /** Paths, hashes and values of settings. */
  static Cell code(String text) {
    return new Cell("code", Html.text(text));
  }

  /** The name of a setting. */
  static Cell key(String text) {
    return new Cell("key", Html.text(text));
  }

  static Cell pale(String text) {
    return new Cell("pale", Html.text(text));
  }

  /** Sentences. */
  static Cell prose(String text) {
    return new Cell("prose", Html.text(text));
  }

  /** Text as it was written, line breaks and all. */
  static Cell verbatim(String text) {
    return new Cell("verbatim", Html.text(text));
  }

  Html html() {
    return Html.tag(kind.isEmpty() ? "td" : "td." + kind, content);
  }
}
