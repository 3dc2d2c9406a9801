package io.sparkpeft.report;

import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.LineChart;
import io.sparkpeft.chart.LineChart.Point;
import io.sparkpeft.chart.LineChart.Series;
import io.sparkpeft.chart.LineChart.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The loss of a run, step by step, with its moving mean and what was measured on held-out data. */
public final class LossCurve {
  private LossCurve() {}

  /** The losses' moving mean at every step. */
  public static List<Point> means(List<Point> losses) {
    MovingMean mean = new MovingMean();
    return losses.stream().map(loss -> new Point(loss.x(), mean.add(loss.y()))).toList();
  }

  /**
   * @param title of the picture
   * @param losses nats per target token by step
   * @param validations the same of examples held back; there may be none
   * @param lastStep that the run will reach
   */
  public static LineChart of(
      String title, List<Point> losses, List<Point> validations, long lastStep) {
    List<Series> series = new ArrayList<>();
    series.add(new Series("each step", Style.FAINT, 0, losses));
    series.add(new Series("moving mean", Style.STRONG, 0, means(losses)));
    if (!validations.isEmpty()) {
      series.add(new Series("validation", Style.DOTS, 1, validations));
    }
    return new LineChart(
        title,
        Axis.of("step"),
        new Axis("loss", "nats per target token"),
        series,
        OptionalDouble.of((double) lastStep));
  }
}
