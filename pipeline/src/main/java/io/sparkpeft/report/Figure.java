package io.sparkpeft.report;

import io.sparkpeft.chart.Chart;
import io.sparkpeft.chart.Size;

/** Pictures on a page. */
final class Figure {
  private Figure() {}

  /** As wide as the page. */
  static Html wide(Chart chart) {
    return drawn(chart, Size.PAGE);
  }

  /** One of two beside each other. */
  static Html half(Chart chart) {
    return drawn(chart, Size.HALF);
  }

  /** On a narrow screen another drawing is seen, with the same size of text. */
  private static Html drawn(Chart chart, Size size) {
    return Html.tag(
        "figure",
        Html.tag("div.wide", Html.svg(chart.svg(size))),
        Html.tag("div.narrow", Html.svg(chart.svg(Size.SMALL))));
  }
}
