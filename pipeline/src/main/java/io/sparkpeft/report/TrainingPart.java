package io.sparkpeft.report;

import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.LineChart;
import io.sparkpeft.chart.LineChart.Point;
import io.sparkpeft.chart.LineChart.Series;
import io.sparkpeft.chart.LineChart.Style;
import io.sparkpeft.chart.Numbers;
import io.sparkpeft.spark.telemetry.TrainStep;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** How training went, as curves and as a table. */
record TrainingPart(List<TrainStep> steps) {
  private static final int ROWS = 25;

  Section section() {
    return new Section("training", "Training", steps.isEmpty() ? Html.NOTHING : body());
  }

  private Html body() {
    long last = steps.get(steps.size() - 1).step();
    LineChart loss = LossCurve.of("Loss", points(TrainStep::loss), validations(), last);
    return Html.all(
        Figure.wide(loss),
        Html.tag(
            "div.beside",
            Figure.half(end()),
            Figure.half(curve("Gradient norm before clipping", 3, TrainStep::gradientNorm)),
            Figure.half(curve("Learning rate", 2, TrainStep::learningRate)),
            Figure.half(curve("Tokens per second", 5, TrainStep::tokensPerSecond))),
        Html.details("The steps as a table", table()));
  }

  /** Where the whole curve is flat beside its fall, its second half has something to say. */
  private LineChart end() {
    List<TrainStep> half = steps.subList(steps.size() / 2, steps.size());
    TrainingPart end = new TrainingPart(half);
    return LossCurve.of(
        "Loss, the second half",
        end.points(TrainStep::loss),
        end.validations(),
        half.get(half.size() - 1).step());
  }

  private List<Point> points(ToDoubleFunction<TrainStep> value) {
    return steps.stream().map(step -> new Point(step.step(), value.applyAsDouble(step))).toList();
  }

  private List<Point> validations() {
    return steps.stream()
        .filter(step -> step.validationLoss().isPresent())
        .map(step -> new Point(step.step(), step.validationLoss().getAsDouble()))
        .toList();
  }

  /** Its title says what is measured: an axis with a name would say it again. */
  private LineChart curve(String title, int colour, ToDoubleFunction<TrainStep> value) {
    Series series = new Series(title, Style.STRONG, colour, points(value));
    return new LineChart(title, Axis.of("step"), Axis.of(""), List.of(series));
  }

  /** Evenly spaced, with the first and the last, and every one that was validated. */
  private Html table() {
    TreeSet<Integer> chosen = new TreeSet<>();
    for (int i = 0; i < ROWS; i++) {
      chosen.add((int) ((long) i * (steps.size() - 1) / (ROWS - 1)));
    }
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).validationLoss().isPresent()) {
        chosen.add(i);
      }
    }
    List<String> heads =
        new ArrayList<>(List.of("step>", "epoch>", "loss>", "learning rate>", "gradient norm>"));
    heads.addAll(List.of("tokens>", "tokens/s>", "validation loss>", "attempt>"));
    Html table =
        new Table(heads, chosen.stream().map(steps::get).map(TrainingPart::row).toList()).html();
    String note =
        "%d of %d steps; the table train_steps has all.".formatted(chosen.size(), steps.size());
    return Html.all(table, Html.tag("p.note", note));
  }

  private static List<Cell> row(TrainStep step) {
    return Table.row(
        Cell.number(Words.count(step.step())),
        Cell.number(Words.decimals(2, step.epoch())),
        Cell.number(Words.decimals(4, step.loss())),
        Cell.number(Words.scientific(step.learningRate())),
        Cell.number(Words.decimals(3, step.gradientNorm())),
        Cell.number(Words.count(step.tokens())),
        Cell.number(Numbers.text(step.tokensPerSecond())),
        Cell.number(
            step.validationLoss().isPresent()
                ? Words.decimals(4, step.validationLoss().getAsDouble())
                : ""),
        Cell.number(Words.count(step.attempt())));
  }
}
