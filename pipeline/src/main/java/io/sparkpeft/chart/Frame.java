package io.sparkpeft.chart;

import io.sparkpeft.chart.Svg.Anchor;

/**
 * The frame of a picture with an x and a y axis: title, grid, ticks and names of the axes round a
 * field in which the scales place values.
 */
record Frame(Svg svg, Scale x, Scale y) {
  static final double WIDTH = 680;
  static final double HEIGHT = 320;
  private static final double TOP = 48;
  private static final double BOTTOM = HEIGHT - 44;
  private static final double RIGHT = WIDTH - 20;
  private static final double NAME = 26;

  static Frame draw(
      String title, String description, Axis xAxis, Ticks xTicks, Axis yAxis, Ticks yTicks) {
    double widest =
        yTicks.values().stream().mapToDouble(v -> Svg.width(yTicks.label(v))).max().orElse(0);
    double left = NAME + widest + 8;
    Frame frame =
        new Frame(
            new Svg(WIDTH, HEIGHT, title, description),
            new Scale(xTicks.low(), xTicks.high(), left, RIGHT),
            new Scale(yTicks.low(), yTicks.high(), BOTTOM, TOP));
    frame.svg.heading(12, 22, title);
    frame.horizontal(yTicks);
    frame.vertical(xTicks);
    frame.svg.note((left + RIGHT) / 2, HEIGHT - 8, Anchor.MIDDLE, xAxis.label());
    frame.svg.uprightNote(16, (TOP + BOTTOM) / 2, yAxis.label());
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
