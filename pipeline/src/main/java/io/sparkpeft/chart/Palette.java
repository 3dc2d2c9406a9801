package io.sparkpeft.chart;

import java.util.List;

/** Colours that differ from white and from black by a contrast of at least 3 (WCAG 2.1, 1.4.11). */
final class Palette {
  static final List<String> COLOURS =
      List.of("#2f7ed8", "#d9640c", "#1c9a55", "#a855f7", "#e0457b", "#0d9488");

  private Palette() {}

  /** The same again where there are more series than colours. */
  static String colour(int index) {
    return COLOURS.get(index % COLOURS.size());
  }
}
