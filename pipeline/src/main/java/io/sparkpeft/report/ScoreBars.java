package io.sparkpeft.report;

import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.BarChart;
import io.sparkpeft.chart.BarChart.Bar;
import io.sparkpeft.chart.BarChart.Group;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Scores as bars with their standard errors: a picture for each metric, a group for each task. */
public final class ScoreBars {
  /** What the error bars span. */
  public static final String ERRORS = "one standard error to each side";

  private ScoreBars() {}

  /**
   * A score.
   *
   * @param questions it is the mean of
   */
  public record Scored(
      String task, String metric, double value, OptionalDouble stderr, long questions) {}

  /**
   * @param scores of a model
   * @param base of what it is compared with, as far as there are any
   */
  public static List<BarChart> of(List<Scored> scores, List<Scored> base) {
    List<String> metrics = scores.stream().map(Scored::metric).distinct().toList();
    return metrics.stream().map(metric -> chart(metric, scores, base)).toList();
  }

  private static BarChart chart(String metric, List<Scored> scores, List<Scored> base) {
    List<Group> groups =
        scores.stream()
            .filter(score -> score.metric().equals(metric))
            .map(score -> group(score, base))
            .toList();
    return new BarChart("Scores", Axis.of(metric), ERRORS, groups);
  }

  private static Group group(Scored score, List<Scored> base) {
    List<Bar> bars = new ArrayList<>();
    base.stream()
        .filter(b -> b.task().equals(score.task()) && b.metric().equals(score.metric()))
        .forEach(b -> bars.add(new Bar("base", b.value(), b.stderr())));
    String label = bars.isEmpty() ? "model" : "with adapter";
    bars.add(new Bar(label, score.value(), score.stderr()));
    return new Group("%s (%,d questions)".formatted(score.task(), score.questions()), bars);
  }
}
