package io.sparkpeft.chart;

import io.sparkpeft.chart.LineChart.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Fewer points that draw the same curve: the lowest and the highest of each stretch. */
final class Thinning {
  private static final Comparator<Point> BY_HEIGHT = Comparator.comparingDouble(Point::y);

  private Thinning() {}

  /**
   * @param points in the order of x
   * @param stretches at most twice as many points are left, and the last
   */
  static List<Point> of(List<Point> points, int stretches) {
    if (points.size() <= 2 * stretches) {
      return points;
    }
    List<Point> kept = new ArrayList<>();
    for (int i = 0; i < stretches; i++) {
      addExtremes(kept, points.subList(at(i, stretches, points), at(i + 1, stretches, points)));
    }
    kept.add(points.get(points.size() - 1));
    return kept;
  }

  private static int at(int stretch, int stretches, List<Point> points) {
    return (int) ((long) stretch * points.size() / stretches);
  }

  private static void addExtremes(List<Point> kept, List<Point> stretch) {
    Point low = stretch.stream().min(BY_HEIGHT).orElseThrow();
    Point high = stretch.stream().max(BY_HEIGHT).orElseThrow();
    boolean falling = stretch.indexOf(high) < stretch.indexOf(low);
    kept.add(falling ? high : low);
    kept.add(falling ? low : high);
  }
}
