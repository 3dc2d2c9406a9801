package io.sparkpeft.chart;

import io.sparkpeft.chart.Svg.Anchor;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * Curves over a common axis.
 *
 * @param xEnd what the x axis reaches at least, such as the last step of a run that still goes on
 */
public record LineChart(String title, Axis x, Axis y, List<Series> series, OptionalDouble xEnd)
    implements Chart {

  /** Where a curve falls from far above, its axis begins at nought. */
  private static final double NEAR_NOUGHT = 0.5;

  private static final double FAINT = 0.5;

  public LineChart {
    series = List.copyOf(series);
  }

  /** The x axis reaches as far as the points. */
  public LineChart(String title, Axis x, Axis y, List<Series> series) {
    this(title, x, y, series, OptionalDouble.empty());
  }

  /** How a series is drawn. */
  public enum Style {
    /** What the picture is about. */
    STRONG,
    /** What stands behind it, such as the single values of a mean. */
    FAINT,
    /** Few values that no line joins. */
    DOTS
  }

  /** A point; one that is not finite interrupts the line. */
  public record Point(double x, double y) {
    boolean isFinite() {
      return Double.isFinite(x) && Double.isFinite(y);
    }
  }

  /**
   * @param name in the legend
   * @param colour its number; series of one colour belong together
   * @param points in the order of x
   */
  public record Series(String name, Style style, int colour, List<Point> points) {
    public Series {
      points = List.copyOf(points);
    }
  }

  @Override
  public String svg(Size size) {
    Ticks xTicks = xTicks(size.ticksAcross());
    Frame frame = Frame.draw(size, title, text(), x, xTicks, y, yTicks(size.ticksUp()));
    double legend = frame.x().end();
    for (int i = series.size() - 1; i >= 0 && !isNamedByItsTitle(); i--) {
      legend = drawLegend(frame.svg(), series.get(i), legend);
    }
    series.forEach(one -> draw(frame, size, one));
    return frame.svg().end();
  }

  private boolean isNamedByItsTitle() {
    return series.size() == 1 && series.get(0).name().equals(title);
  }

  private Ticks xTicks(int about) {
    double low = all(Point::x).min().orElse(0);
    double high = Math.max(all(Point::x).max().orElse(1), xEnd.orElse(low));
    return Ticks.covering(low, high, about);
  }

  private Ticks yTicks(int about) {
    double low = all(Point::y).min().orElse(0);
    double high = all(Point::y).max().orElse(1);
    boolean fromNought = low > 0 && low < NEAR_NOUGHT * high;
    return Ticks.covering(fromNought ? 0 : low, high, about);
  }

  private DoubleStream all(ToDoubleFunction<Point> coordinate) {
    return series.stream()
        .flatMap(one -> one.points().stream())
        .filter(Point::isFinite)
        .mapToDouble(coordinate);
  }

  private static void draw(Frame frame, Size size, Series one) {
    String colour = Palette.colour(one.colour());
    if (one.style() == Style.DOTS) {
      one.points().stream()
          .filter(Point::isFinite)
          .forEach(
              p ->
                  frame.svg().dot(frame.x().pixel(p.x()), frame.y().pixel(p.y()), colour, says(p)));
      return;
    }
    boolean strong = one.style() == Style.STRONG;
    String path = path(frame, Thinning.of(one.points(), (int) (size.width() / 2)));
    frame.svg().curve(path, colour, strong ? 2.2 : 1, strong ? 1 : FAINT);
  }

  private static String path(Frame frame, List<Point> points) {
    StringBuilder path = new StringBuilder();
    boolean drawing = false;
    for (Point point : points) {
      if (point.isFinite()) {
        path.append(drawing ? 'L' : 'M')
            .append(Svg.number(frame.x().pixel(point.x())))
            .append(' ')
            .append(Svg.number(frame.y().pixel(point.y())));
      }
      drawing = point.isFinite();
    }
    return path.toString();
  }

  /** From right to left; gives the place left of it. */
  private static double drawLegend(Svg svg, Series one, double right) {
    String colour = Palette.colour(one.colour());
    double label = right - Svg.width(one.name());
    double swatch = label - 26;
    svg.label(label, 38, Anchor.START, one.name());
    if (one.style() == Style.DOTS) {
      svg.dot(swatch + 10, 34, colour, one.name());
    } else {
      svg.swatch(swatch, 34, swatch + 20, colour, one.style() == Style.STRONG ? 1 : FAINT);
    }
    return swatch - 16;
  }

  @Override
  public String text() {
    return series.stream().map(this::says).collect(Collectors.joining("\n"));
  }

  private String says(Series one) {
    List<Point> points = one.points().stream().filter(Point::isFinite).toList();
    if (points.isEmpty()) {
      return one.name() + ": no values yet";
    }
    Point first = points.get(0);
    Point last = points.get(points.size() - 1);
    String begin =
        "%s: %s %s at %s %s"
            .formatted(
                one.name(), y.label(), Numbers.text(first.y()), x.name(), Numbers.text(first.x()));
    return points.size() == 1 ? begin : begin + ", " + says(last);
  }

  private static String says(Point point) {
    return Numbers.text(point.y()) + " at " + Numbers.text(point.x());
  }
}
