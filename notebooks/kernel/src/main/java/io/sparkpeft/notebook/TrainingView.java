package io.sparkpeft.notebook;

import io.sparkpeft.chart.LineChart;
import io.sparkpeft.chart.LineChart.Point;
import io.sparkpeft.chart.Numbers;
import io.sparkpeft.report.LossCurve;
import io.sparkpeft.report.MovingMean;
import io.sparkpeft.spark.telemetry.ProgressLine;
import io.sparkpeft.train.TrainEvents.StepEvent;
import io.sparkpeft.train.TrainEvents.Validated;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A run as far as it has come: how far, how fast, how long still, and the loss so far. */
final class TrainingView {
  private final List<Point> losses = new ArrayList<>();
  private final List<Point> validations = new ArrayList<>();
  private final MovingMean secondsPerStep = new MovingMean();
  private Optional<StepEvent> last = Optional.empty();
  private String said = "";

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
    List<Point> means = LossCurve.means(losses);
    String line = line(step, means.get(means.size() - 1).y());
    LineChart chart = LossCurve.of("Loss", losses, validations, step.steps());
    return new Rendered(
        bar((double) step.step() / step.steps())
            + "<div style=\"font-variant-numeric:tabular-nums\">"
            + Html.escape(line)
            + "</div>"
            + Html.caption(said)
            + chart.svg(),
        line + "\n" + chart.text());
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
}
