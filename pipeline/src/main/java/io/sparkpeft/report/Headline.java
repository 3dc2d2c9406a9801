package io.sparkpeft.report;

import io.sparkpeft.chart.Numbers;
import io.sparkpeft.spark.eval.ComparedScore;
import io.sparkpeft.spark.telemetry.ProgressLine;
import io.sparkpeft.spark.telemetry.TrainRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The top of the page: what it was, what came of it, and the numbers one looks for first. */
record Headline(RunReport report, Settings settings) {
  private static final int SCORES = 2;

  /** A number with its name above and what to hold it against below. */
  private record Tile(String name, String value, String note) {
    private Html html() {
      return Html.tag(
          "div.tile",
          Html.tag("div.name", name),
          Html.tag("div.value", value),
          Html.tag("div.note", note));
    }
  }

  Html html() {
    TrainRun run = report.run();
    return Html.tag(
        "header",
        Html.tag("p.kind", "Fine-tuning run"),
        Html.tag("h1", Html.text(run.runId() + " "), pills()),
        Html.tag("p.lead", sentence()),
        Html.tag("div.tiles", tiles().stream().map(Tile::html).toList()));
  }

  String title() {
    return report.run().runId() + " – run report";
  }

  private Html pills() {
    boolean done = report.run().status() == TrainRun.Status.DONE;
    Html status = Html.tag(done ? "span.pill.good" : "span.pill.bad", done ? "done" : "failed");
    Html gate =
        report
            .gate()
            .map(
                judged ->
                    judged.result().passed()
                        ? Html.tag("span.pill.good", "gate passed")
                        : Html.tag("span.pill.bad", "gate not passed"))
            .orElse(Html.NOTHING);
    return Html.all(status, Html.text(" "), gate);
  }

  /** The run in a sentence, and its scores in another. */
  String sentence() {
    TrainRun run = report.run();
    String on = run.details().map(d -> " on " + Words.lastName(d.modelPath())).orElse("");
    String over =
        report
            .data()
            .map(d -> " over " + Words.count(d.prepared().trainRecords(), "example"))
            .orElse("");
    StringBuilder text =
        new StringBuilder(
            Method.of(settings) + on + ", " + Words.count(run.steps(), "step") + over);
    if (run.status() == TrainRun.Status.FAILED) {
      return text + ", and then it failed.";
    }
    if (run.lossFirst().isPresent() && run.lossLast().isPresent()) {
      text.append(": the loss went from ")
          .append(Numbers.text(run.lossFirst().getAsDouble()))
          .append(" to ")
          .append(Numbers.text(run.lossLast().getAsDouble()));
    }
    text.append('.');
    firstScores().forEach(score -> text.append(' ').append(moved(score)).append('.'));
    return text.toString();
  }

  private List<ComparedScore> firstScores() {
    return report.scores().stream().limit(SCORES).toList();
  }

  private static String moved(ComparedScore score) {
    String name = score.score().task() + " (" + score.score().metric() + ")";
    String now = value(score.score().value(), score.score().stderr().orElse(0));
    return score
        .base()
        .map(
            base ->
                "%s went from %s to %s"
                    .formatted(
                        name,
                        value(base.reference().value(), base.reference().stderr().orElse(0)),
                        now))
        .orElse(name + " is " + now);
  }

  static String value(double value, double error) {
    return error > 0 ? Numbers.text(value, error) : Numbers.text(value);
  }

  private List<Tile> tiles() {
    TrainRun run = report.run();
    List<Tile> tiles = new ArrayList<>();
    run.lossLast().ifPresent(loss -> tiles.add(loss(run, loss)));
    run.validationLoss()
        .ifPresent(
            loss ->
                tiles.add(new Tile("validation loss", Numbers.text(loss), "after the last step")));
    report.scores().stream().limit(1).map(Headline::score).forEach(tiles::add);
    tiles.add(new Tile("trained values", Words.count(run.trainableParameters()), ofTheBase(run)));
    run.tokensPerSecond()
        .ifPresent(
            speed ->
                tiles.add(
                    new Tile(
                        "tokens per second",
                        Numbers.text(speed),
                        "on " + Words.count(run.ranks(), "rank"))));
    Measured measured = Measured.of(run);
    measured
        .trainingSeconds()
        .ifPresent(
            seconds ->
                tiles.add(
                    new Tile(
                        "time",
                        ProgressLine.duration(seconds),
                        "for " + Words.count(run.tokens(), "token"))));
    measured
        .peakMemoryBytes()
        .ifPresent(bytes -> tiles.add(new Tile("peak memory", Words.bytes(bytes), "of one rank")));
    return tiles;
  }

  private static Tile loss(TrainRun run, double loss) {
    String from =
        run.lossFirst().isPresent()
            ? "from " + Numbers.text(run.lossFirst().getAsDouble()) + ", nats per target"
            : "nats per target";
    return new Tile("loss", Numbers.text(loss), from);
  }

  private static Tile score(ComparedScore score) {
    double error = score.score().stderr().orElse(0);
    String base =
        score
            .base()
            .map(b -> "base " + Numbers.text(b.reference().value()))
            .orElse(Words.count(score.score().n(), "question"));
    return new Tile(
        score.score().task() + " " + score.score().metric(),
        Numbers.text(score.score().value()),
        error > 0 ? "± " + Numbers.text(error, error).replaceFirst(" .*", "") + "; " + base : base);
  }

  private static String ofTheBase(TrainRun run) {
    return run.details()
        .map(details -> details.plan().path("total_parameters").asLong())
        .filter(total -> total > 0)
        .map(
            total ->
                String.format(
                    Locale.ROOT,
                    "%s of %,d",
                    Words.share((double) run.trainableParameters(), (double) total),
                    total))
        .orElse("");
  }
}
