package io.sparkpeft.report;

import io.sparkpeft.chart.BarChart;
import io.sparkpeft.chart.Numbers;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.eval.gate.Comparison;
import io.sparkpeft.report.ScoreBars.Scored;
import io.sparkpeft.spark.eval.ComparedScore;
import io.sparkpeft.spark.eval.GateRow;
import io.sparkpeft.spark.eval.JudgedGate;
import java.util.List;
import java.util.Optional;

/** What the adapter scores beside its base, and what the gate said of it. */
record ScoresPart(List<ComparedScore> scores, Optional<JudgedGate> gate) {

  Section section() {
    return new Section("scores", "Scores", scores.isEmpty() ? Html.NOTHING : body());
  }

  private Html body() {
    List<Scored> adapted = scores.stream().map(s -> scored(s.score())).toList();
    List<Scored> base =
        scores.stream().flatMap(s -> s.base().stream()).map(b -> scored(b.reference())).toList();
    List<BarChart> charts = ScoreBars.of(adapted, base);
    Html drawn =
        charts.size() == 1
            ? Figure.wide(charts.get(0))
            : Html.tag("div.beside", charts.stream().map(Figure::half).toList());
    return Html.all(drawn, table());
  }

  private static Scored scored(TaskScore score) {
    return new Scored(score.task(), score.metric(), score.value(), score.stderr(), score.n());
  }

  private Html table() {
    List<String> heads =
        List.of(
            "task",
            "metric",
            "shots>",
            "questions>",
            "base>",
            "with adapter>",
            "difference>",
            "run");
    return Html.all(
        new Table(heads, scores.stream().map(ScoresPart::row).toList()).html(),
        Html.tag(
            "p.note",
            "± one standard error. That of a difference is of the questions' differences where both"
                + " models' answers were kept, else of two independent scores."));
  }

  private static List<Cell> row(ComparedScore compared) {
    TaskScore score = compared.score();
    String questions =
        score.n() < score.nOriginal()
            ? Words.count(score.n()) + " of " + Words.count(score.nOriginal())
            : Words.count(score.n());
    return Table.row(
        Cell.of(score.task()),
        Cell.of(score.metric() + (score.higherIsBetter() ? " ↑" : " ↓")),
        Cell.number(Words.count(score.shots())),
        Cell.number(questions),
        Cell.number(compared.base().map(b -> value(b.reference())).orElse("")),
        Cell.number(value(score)),
        Cell.number(compared.base().map(b -> difference(score, b)).orElse("")),
        Cell.key(compared.runId()));
  }

  private static String value(TaskScore score) {
    return Headline.value(score.value(), score.stderr().orElse(0));
  }

  private static String difference(TaskScore score, Comparison base) {
    return Words.difference(score.value() - base.reference().value(), base.stderr().orElse(0));
  }

  Section gateSection() {
    return new Section("gate", "Gate", gate.map(ScoresPart::verdicts).orElse(Html.NOTHING));
  }

  private static Html verdicts(JudgedGate judged) {
    List<String> heads = List.of("verdict", "rule", "score", "bound>", "why");
    String note =
        "Run %s of gate, over the scores of run %s."
            .formatted(judged.runId(), judged.result().evaluationRunId());
    return Html.all(
        new Table(heads, judged.result().rows().stream().map(ScoresPart::verdict).toList()).html(),
        Html.tag("p.note", note));
  }

  private static List<Cell> verdict(GateRow row) {
    return Table.row(
        Cell.of(row.passed() ? Html.tag("span.good", "✓ met") : Html.tag("span.bad", "✗ not met")),
        Cell.key(row.rule()),
        Cell.of(row.task() + "." + row.metric()),
        Cell.number(Numbers.text(row.bound())),
        Cell.prose(row.reason()));
  }
}
