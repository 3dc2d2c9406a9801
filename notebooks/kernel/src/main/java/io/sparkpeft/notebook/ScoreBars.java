package io.sparkpeft.notebook;

import io.sparkpeft.api.Evaluated;
import io.sparkpeft.api.Evaluated.Score;
import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.BarChart;
import io.sparkpeft.chart.BarChart.Bar;
import io.sparkpeft.chart.BarChart.Group;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Scores as bars with their standard errors: a picture for each metric, a group for each task. */
final class ScoreBars {
  static final String ERRORS = "one standard error to each side";

  private ScoreBars() {}

  static List<BarChart> of(Evaluated evaluated) {
    List<String> metrics = evaluated.scores().stream().map(Score::metric).distinct().toList();
    return metrics.stream().map(metric -> chart(evaluated, metric)).toList();
  }

  private static BarChart chart(Evaluated evaluated, String metric) {
    List<Group> groups =
        evaluated.scores().stream()
            .filter(score -> score.metric().equals(metric))
            .map(score -> group(score, evaluated.baseScores()))
            .toList();
    return new BarChart("Scores", Axis.of(metric), ERRORS, groups);
  }

  private static Group group(Score score, List<Score> baseScores) {
    List<Bar> bars = new ArrayList<>();
    baseScores.stream()
        .filter(base -> base.task().equals(score.task()) && base.metric().equals(score.metric()))
        .forEach(base -> bars.add(bar("base", base)));
    bars.add(bar(bars.isEmpty() ? "model" : "with adapter", score));
    return new Group("%s (%,d questions)".formatted(score.task(), score.n()), bars);
  }

  private static Bar bar(String label, Score score) {
    return new Bar(label, score.value(), OptionalDouble.of(score.stderr()));
  }
}
