package io.sparkpeft.chart;

import io.sparkpeft.chart.Svg.Anchor;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * Lying bars with error bars, in groups: of every group the first bar has the first colour.
 *
 * @param errors what an error bar spans, such as "one standard error to each side"
 */
public record BarChart(String title, Axis axis, String errors, List<Group> groups)
    implements Chart {
  private static final double TOP = 40;
  private static final double GROUP = 26;
  private static final double ROW = 24;
  private static final double BAR = 15;
  private static final double FOOT = 44;

  public BarChart {
    groups = List.copyOf(groups);
  }

  /** Bars that are to be compared, such as the models of one task. */
  public record Group(String name, List<Bar> bars) {
    public Group {
      bars = List.copyOf(bars);
    }
  }

  /**
   * @param error half of the error bar's length
   */
  public record Bar(String label, double value, OptionalDouble error) {
    double low() {
      return value - error.orElse(0);
    }

    double high() {
      return value + error.orElse(0);
    }

    String says() {
      return error.isPresent() ? Numbers.text(value, error.getAsDouble()) : Numbers.text(value);
    }
  }

  @Override
  public String svg(Size size) {
    double width = size.width();
    double height = TOP + GROUP * groups.size() + ROW * bars().size() + FOOT;
    Svg svg = new Svg(width, height, title, text());
    svg.heading(12, 22, title);
    Ticks ticks = ticks(size.ticksAcross() * 3 / 4);
    Scale scale = new Scale(ticks.low(), ticks.high(), left(width), width - right());
    drawAxis(svg, scale, ticks, height - FOOT);
    double y = TOP;
    for (Group group : groups) {
      svg.label(12, y + 16, Anchor.START, group.name());
      y += GROUP;
      for (int i = 0; i < group.bars().size(); i++) {
        drawBar(svg, scale, width, group.bars().get(i), y, Palette.colour(i));
        y += ROW;
      }
    }
    return svg.end();
  }

  private List<Bar> bars() {
    return groups.stream().flatMap(group -> group.bars().stream()).toList();
  }

  /** Bars begin at nought. */
  private Ticks ticks(int about) {
    DoubleStream lows = bars().stream().mapToDouble(Bar::low);
    DoubleStream highs = bars().stream().mapToDouble(Bar::high);
    return Ticks.covering(
        Math.min(0, lows.min().orElse(0)), Math.max(0, highs.max().orElse(1)), about);
  }

  /** Names of groups stand above their bars, and over the field where they are long. */
  private double left(double width) {
    double names = groups.stream().mapToDouble(group -> Svg.width(group.name())).max().orElse(0);
    double labels = bars().stream().mapToDouble(bar -> Svg.width(bar.label())).max().orElse(0);
    return Math.max(Math.min(24 + names, width / 4), 40 + labels);
  }

  private double right() {
    return 16 + bars().stream().mapToDouble(bar -> Svg.width(bar.says())).max().orElse(0);
  }

  private void drawAxis(Svg svg, Scale scale, Ticks ticks, double bottom) {
    for (double value : ticks.values()) {
      double x = scale.pixel(value);
      svg.gridLine(x, TOP, x, bottom);
      svg.label(x, bottom + 16, Anchor.MIDDLE, ticks.label(value));
    }
    svg.axisLine(scale.pixel(0), TOP, scale.pixel(0), bottom);
    boolean hasErrors = bars().stream().anyMatch(bar -> bar.error().isPresent());
    String note = hasErrors ? axis.label() + "; error bars: " + errors : axis.label();
    svg.note((scale.start() + scale.end()) / 2, bottom + 36, Anchor.MIDDLE, note);
  }

  private static void drawBar(
      Svg svg, Scale scale, double width, Bar bar, double y, String colour) {
    double zero = scale.pixel(0);
    double end = scale.pixel(bar.value());
    double middle = y + ROW / 2;
    svg.label(scale.start() - 10, middle + 4, Anchor.END, bar.label());
    svg.bar(
        Math.min(zero, end),
        middle - BAR / 2,
        Math.abs(end - zero),
        BAR,
        colour,
        bar.label() + ": " + bar.says());
    if (bar.error().isPresent()) {
      drawError(svg, scale.pixel(bar.low()), scale.pixel(bar.high()), middle);
    }
    svg.label(width - 12, middle + 4, Anchor.END, bar.says());
  }

  private static void drawError(Svg svg, double low, double high, double y) {
    svg.whisker(low, y, high, y);
    svg.whisker(low, y - 4, low, y + 4);
    svg.whisker(high, y - 4, high, y + 4);
  }

  @Override
  public String text() {
    return groups.stream().map(BarChart::says).collect(Collectors.joining("\n"));
  }

  private static String says(Group group) {
    return group.bars().stream()
        .map(bar -> "  " + bar.label() + ": " + bar.says())
        .collect(Collectors.joining("\n", group.name() + "\n", ""));
  }
}
