package io.sparkpeft.chart;

import io.sparkpeft.chart.Svg.Anchor;

/**
 * The frame of a picture with an x and a y axis: title, grid, ticks and names of the axes round a
 * field in which the scales place values.
 */
record Frame(Svg svg, Scale x, Scale y) {
  private static final double TOP = 48;
  private static final double FOOT = 44;
  private static final double RIGHT = 20;
  private static final double NAME = 26;

  static Frame draw(
      Size size,
      String title,
      String description,
      Axis xAxis,
      Ticks xTicks,
      Axis yAxis,
      Ticks yTicks) {
    double widest =
        yTicks.values().stream().mapToDouble(v -> Svg.width(yTicks.label(v))).max().orElse(0);
    double left = (yAxis.label().isEmpty() ? 12 : NAME) + widest + 8;
    double right = size.width() - RIGHT;
    double bottom = size.height() - FOOT;
    Frame frame =
        new Frame(
            new Svg(size.width(), size.height(), title, description),
            new Scale(xTicks.low(), xTicks.high(), left, right),
            new Scale(yTicks.low(), yTicks.high(), bottom, TOP));
    frame.svg.heading(12, 22, title);
    frame.horizontal(yTicks);
    frame.vertical(xTicks);
    frame.svg.note((left + right) / 2, size.height() - 8, Anchor.MIDDLE, xAxis.label());
    String fitting = Svg.width(yAxis.label()) <= bottom - TOP ? yAxis.label() : yAxis.name();
    frame.svg.uprightNote(16, (TOP + bottom) / 2, fitting);
    return frame;
  }

  private void horizontal(Ticks ticks) {
    for (double value : ticks.values()) {
      double at = y.pixel(value);
      svg.gridLine(x.start(), at, x.end(), at);
      svg.label(x.start() - 8, at + 4, Anchor.END, ticks.label(value));
    }
  }

  private void vertical(Ticks ticks) {
    svg.axisLine(x.start(), y.start(), x.end(), y.start());
    for (double value : ticks.values()) {
      double at = x.pixel(value);
      svg.axisLine(at, y.start(), at, y.start() + 4);
      svg.label(at, y.start() + 18, Anchor.MIDDLE, ticks.label(value));
    }
  }
}
