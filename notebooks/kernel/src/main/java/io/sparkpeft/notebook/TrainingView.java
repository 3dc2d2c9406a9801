package io.sparkpeft.notebook;

import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.LineChart;
import io.sparkpeft.chart.LineChart.Point;
import io.sparkpeft.chart.LineChart.Series;
import io.sparkpeft.chart.LineChart.Style;
import io.sparkpeft.chart.Numbers;
import io.sparkpeft.spark.telemetry.ProgressLine;
import io.sparkpeft.train.TrainEvents.StepEvent;
import io.sparkpeft.train.TrainEvents.Validated;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** A run as far as it has come: how far, how fast, how long still, and the loss so far. */
final class TrainingView {
  /** Weight of the newest value in moving means. */
  private static final double NEWEST = 0.2;

  private final List<Point> losses = new ArrayList<>();
  private final List<Point> validations = new ArrayList<>();
  private final MovingMean secondsPerStep = new MovingMean();
  private Optional<StepEvent> last = Optional.empty();
  private String said = "";

  /** An exponential mean in which the first values count in full. */
  private static final class MovingMean {
    private double sum;
    private double weight;

    double add(double value) {
      sum = NEWEST * value + (1 - NEWEST) * sum;
      weight = NEWEST + (1 - NEWEST) * weight;
      return value();
    }

    double value() {
      return sum / weight;
    }
  }

  /** A later attempt takes steps again: what stood there before was lost. */
  void add(StepEvent step) {
    forgetFrom(losses, step.step());
    forgetFrom(validations, step.step());
    losses.add(new Point(step.step(), step.loss()));
    secondsPerStep.add(step.seconds());
    last = Optional.of(step);
  }

  private static void forgetFrom(List<Point> points, long step) {
    while (!points.isEmpty() && points.get(points.size() - 1).x() >= step) {
      points.remove(points.size() - 1);
    }
  }

  void add(Validated validated) {
    validations.add(new Point(validated.step(), validated.loss()));
  }

  void say(String text) {
    said = text;
  }

  boolean isFinished() {
    return last.map(step -> step.step() == step.steps()).orElse(false);
  }

  Rendered render() {
    if (last.isEmpty()) {
      return new Rendered(Html.caption(said), said);
    }
    StepEvent step = last.get();
    List<Point> means = means();
    String line = line(step, means.get(means.size() - 1).y());
    LineChart chart = chart(step.steps(), means);
    return new Rendered(
        bar((double) step.step() / step.steps())
            + "<div style=\"font-variant-numeric:tabular-nums\">"
            + Html.escape(line)
            + "</div>"
            + Html.caption(said)
            + chart.svg(),
        line + "\n" + chart.text());
  }

  private List<Point> means() {
    MovingMean mean = new MovingMean();
    return losses.stream().map(loss -> new Point(loss.x(), mean.add(loss.y()))).toList();
  }

  private String line(StepEvent step, double loss) {
    String left =
        isFinished()
            ? "done"
            : ProgressLine.duration((step.steps() - step.step()) * secondsPerStep.value())
                + " left";
    return String.format(
        Locale.ROOT,
        "step %,d of %,d · epoch %.2f · loss %s · learning rate %.2e · %s tokens/s · all-reduce %.0f ms · %s",
        step.step(),
        step.steps(),
        step.epoch(),
        Numbers.text(loss),
        step.learningRate(),
        Numbers.text(step.tokensPerSecond()),
        step.allReduceSeconds() * 1e3,
        left);
  }

  private static String bar(double share) {
    return """
        <div style="max-width:680px;height:6px;border-radius:3px;background:rgba(127,127,127,.3);\
        margin:4px 0"><div style="width:%.1f%%;height:6px;border-radius:3px;background:#2f7ed8">\
        </div></div>"""
        .formatted(100 * share);
  }

  private LineChart chart(long steps, List<Point> means) {
    List<Series> series = new ArrayList<>();
    series.add(new Series("each step", Style.FAINT, 0, losses));
    series.add(new Series("moving mean", Style.STRONG, 0, means));
    if (!validations.isEmpty()) {
      series.add(new Series("validation", Style.DOTS, 1, validations));
    }
    return new LineChart(
        "Loss",
        Axis.of("step"),
        new Axis("loss", "nats per target token"),
        series,
        OptionalDouble.of((double) steps));
  }
}
