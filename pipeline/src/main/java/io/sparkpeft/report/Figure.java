package io.sparkpeft.report;

import io.sparkpeft.chart.Chart;
import io.sparkpeft.chart.Size;

/** Pictures on a page. */
final class Figure {
  private Figure() {}

  /** As wide as the column; on a narrow screen another drawing, with the same size of text. */
  static Html wide(Chart chart) {
    return Html.tag(
        "figure",
        Html.tag("div.wide", Html.svg(chart.svg(Size.WIDE))),
        Html.tag("div.narrow", Html.svg(chart.svg(Size.SMALL))));
  }

  /** One of several beside each other. */
  static Html small(Chart chart) {
    return Html.tag("figure", Html.svg(chart.svg(Size.SMALL)));
  }
}
