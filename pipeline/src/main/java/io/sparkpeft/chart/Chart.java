package io.sparkpeft.chart;

/** A picture of numbers. */
public sealed interface Chart permits LineChart, BarChart, Histogram {

  String title();

  /**
   * An {@code <svg>} element for an HTML page. Text and axes have the colour of the text around it;
   * series have colours that stand out from white and from black. It shrinks with its column.
   */
  default String svg() {
    return svg(Size.WIDE);
  }

  /** The same, drawn for another place. */
  String svg(Size size);

  /** The same in words, for where no picture can be shown. */
  String text();
}
