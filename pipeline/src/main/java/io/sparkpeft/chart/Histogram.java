package io.sparkpeft.chart;

import io.sparkpeft.chart.Svg.Anchor;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How often values fall where.
 *
 * @param bins side by side, in order
 * @param marks values of note
 */
public record Histogram(String title, Axis x, Axis y, List<Bin> bins, List<Mark> marks)
    implements Chart {
  private static final int TEXT_WIDTH = 40;

  public Histogram {
    bins = List.copyOf(bins);
    marks = List.copyOf(marks);
  }

  /**
   * @param from the least value that belongs to it
   * @param to the least value that does not
   */
  public record Bin(double from, double to, long count) {
    String says() {
      return Numbers.text(from) + " to " + Numbers.text(to) + ": " + Numbers.text((double) count);
    }
  }

  /** A line across the picture at a value. */
  public record Mark(double at, String label) {}

  @Override
  public String svg(Size size) {
    Ticks yTicks = Ticks.counting((double) highest(), size.ticksUp());
    Frame frame = Frame.draw(size, title, text(), x, xTicks(size.ticksAcross()), y, yTicks);
    for (Bin bin : bins) {
      draw(frame, bin);
    }
    for (Mark mark : marks) {
      draw(frame, mark);
    }
    return frame.svg().end();
  }

  private Ticks xTicks(int about) {
    double low = bins.isEmpty() ? 0 : bins.get(0).from();
    double high = bins.isEmpty() ? 1 : bins.get(bins.size() - 1).to();
    for (Mark mark : marks) {
      low = Math.min(low, mark.at());
      high = Math.max(high, mark.at());
    }
    return Ticks.covering(low, high, about);
  }

  private long highest() {
    return bins.stream().mapToLong(Bin::count).max().orElse(0);
  }

  private static void draw(Frame frame, Bin bin) {
    double left = frame.x().pixel(bin.from());
    double right = frame.x().pixel(bin.to());
    double top = frame.y().pixel((double) bin.count());
    frame
        .svg()
        .bar(
            left + 0.5,
            top,
            Math.max(right - left - 1, 0.5),
            frame.y().start() - top,
            Palette.colour(0),
            bin.says());
  }

  private static void draw(Frame frame, Mark mark) {
    double at = frame.x().pixel(mark.at());
    boolean onTheRight = at > (frame.x().start() + frame.x().end()) / 2;
    frame.svg().dashedLine(at, frame.y().start(), at, frame.y().end() - 4, Palette.colour(1));
    frame
        .svg()
        .label(
            onTheRight ? at - 6 : at + 6,
            frame.y().end() + 6,
            onTheRight ? Anchor.END : Anchor.START,
            mark.label());
  }

  @Override
  public String text() {
    return bins.stream()
        .map(bin -> bin.says() + " " + "#".repeat((int) (TEXT_WIDTH * bin.count() / most())))
        .map(String::stripTrailing)
        .collect(Collectors.joining("\n"));
  }

  private long most() {
    return Math.max(highest(), 1);
  }
}
