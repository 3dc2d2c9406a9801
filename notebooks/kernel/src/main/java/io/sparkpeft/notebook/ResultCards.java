package io.sparkpeft.notebook;

import static io.sparkpeft.chart.Numbers.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.api.Finetuned;
import io.sparkpeft.api.Generated;
import io.sparkpeft.api.Merged;
import io.sparkpeft.api.Prepared;
import io.sparkpeft.api.Quantized;
import io.sparkpeft.api.Reported;
import io.sparkpeft.api.RunResult;
import io.sparkpeft.notebook.Html.Cell;
import io.sparkpeft.report.Fact;
import io.sparkpeft.report.MergeFacts;
import io.sparkpeft.spark.telemetry.ProgressLine;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What the jobs bring, as cards. */
final class ResultCards {
  private static final int SHORT_HASH = 12;

  private ResultCards() {}

  static Rendered of(Prepared prepared) {
    long dropped = prepared.dropped().values().stream().mapToLong(Long::longValue).sum();
    String reasons =
        prepared.dropped().entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", "));
    return Rendered.card(
        "A token table",
        "%,d examples of %,d records.".formatted(prepared.records(), prepared.records() + dropped),
        List.of(
            new Fact("dropped", dropped == 0 ? "none" : reasons),
            new Fact("tokens", "%,d".formatted(prepared.tokens())),
            new Fact(
                "of them to be predicted",
                "%,d (%s)"
                    .formatted(
                        prepared.targetTokens(),
                        share(prepared.targetTokens(), prepared.tokens()))),
            new Fact("table", prepared.table() + ", version " + prepared.version()),
            took(prepared)));
  }

  static Rendered of(Finetuned run) {
    List<Fact> facts =
        new ArrayList<>(
            List.of(
                new Fact("trained values", "%,d".formatted(run.trainableParameters())),
                new Fact(
                    "loss",
                    text(run.lossFirst())
                        + " → "
                        + text(run.lossLast())
                        + " nats per target token"),
                new Fact("steps", "%,d".formatted(run.steps())),
                new Fact("speed", text(run.tokensPerSecond()) + " tokens per second")));
    if (run.attempts() > 1) {
      facts.add(
          new Fact("attempts", run.attempts() + ", the last from step " + run.resumedFromStep()));
    }
    facts.add(new Fact("SHA-256", run.adapterSha256().substring(0, SHORT_HASH) + "…"));
    facts.add(took(run));
    return Rendered.card("An adapter", run.adapterPath().toString(), facts);
  }

  static Rendered of(Quantized quantized) {
    return Rendered.card(
        "A quantised base",
        quantized.modelPath().toString(),
        List.of(new Fact("bits per weight", text(quantized.bitsPerWeight())), took(quantized)));
  }

  static Rendered of(Merged merged) {
    JsonNode certificate = merged.json().path("certificate");
    List<Fact> facts = new ArrayList<>(MergeFacts.of(certificate));
    facts.add(new Fact("model", merged.modelPath().toString()));
    facts.add(took(merged));
    return Rendered.card("Merge certificate", MergeFacts.verdict(certificate), facts);
  }

  static Rendered of(Reported reported) {
    return Rendered.card(
        "A run's page",
        reported.page().toString(),
        List.of(
            new Fact("steps", "%,d".formatted(reported.json().path("steps").asInt())),
            new Fact("scores", "%,d".formatted(reported.json().path("scores").asInt())),
            took(reported)));
  }

  static Rendered of(Generated generated) {
    List<String> heads = List.of("prompt", "answer");
    List<List<Cell>> rows =
        generated.answers().stream()
            .map(answer -> List.of(Cell.of(answer.prompt()), Cell.of(answer.answer())))
            .toList();
    return new Rendered(Html.table(heads, rows), TextTable.of(heads, rows));
  }

  private static Fact took(RunResult result) {
    String took = ProgressLine.duration(result.seconds());
    return new Fact(
        "run", result.runId() + (result.reused() ? ", finished earlier in " : ", in ") + took);
  }

  private static String share(long part, long whole) {
    return percent((double) part / Math.max(whole, 1));
  }

  private static String percent(double share) {
    return text(Math.round(share * 1e4) / 1e2) + " %";
  }
}
