package io.sparkpeft.notebook;

import static io.sparkpeft.chart.Numbers.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.api.Finetuned;
import io.sparkpeft.api.Generated;
import io.sparkpeft.api.Merged;
import io.sparkpeft.api.Prepared;
import io.sparkpeft.api.Quantized;
import io.sparkpeft.api.RunResult;
import io.sparkpeft.notebook.Html.Cell;
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
    JsonNode measured = merged.json().path("certificate");
    return Rendered.card(
        "Merge certificate",
        verdict(merged),
        List.of(
            new Fact("merged into", measured.path("base").asText() + " weights"),
            new Fact(
                "changed tensors",
                "%d, by up to %s"
                    .formatted(
                        measured.path("changed_tensors").asInt(),
                        number(measured, "max_abs_weight_change"))),
            new Fact(
                "merged against unmerged",
                "logits differ by up to %s, in the mean by %s"
                    .formatted(
                        number(measured, "max_abs_logit_difference"),
                        number(measured, "mean_abs_logit_difference"))),
            new Fact(
                "base against unmerged",
                "logits differ by up to %s, in the mean by %s"
                    .formatted(
                        number(measured, "max_abs_logit_change"),
                        number(measured, "mean_abs_logit_change"))),
            new Fact(
                "equal greedy tokens",
                "%d of %d, from %d prompts"
                    .formatted(
                        measured.path("equal_greedy_tokens").asInt(),
                        measured.path("greedy_tokens").asInt(),
                        measured.path("prompts").asInt())),
            new Fact("model", merged.modelPath().toString()),
            took(merged)));
  }

  /** How large the merge's error is beside what the adapter does. */
  private static String verdict(Merged merged) {
    return "Merging changed the logits by %s of what the adapter changes them; %s of the greedy tokens stay the same."
        .formatted(
            percent(merged.maxAbsLogitDifference() / merged.maxAbsLogitChange()),
            percent(merged.equalGreedyShare()));
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

  private static String number(JsonNode node, String key) {
    return text(node.path(key).asDouble());
  }

  private static String share(long part, long whole) {
    return percent((double) part / Math.max(whole, 1));
  }

  private static String percent(double share) {
    return text(Math.round(share * 1e4) / 1e2) + " %";
  }
}
