package io.sparkpeft.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Credentials;
import io.sparkpeft.spark.telemetry.TrainRun;
import java.util.ArrayList;
import java.util.List;

/** Where the adapter comes from, and what happened on the way. */
record OriginPart(RunReport report) {

  Section provenance() {
    TrainRun run = report.run();
    List<List<Cell>> rows = new ArrayList<>();
    run.details().ifPresent(details -> rows.add(row("base", details.modelPath())));
    rows.add(row("base, SHA-256", run.modelSha256()));
    run.quantization().ifPresent(text -> rows.add(row("base, quantised", text)));
    rows.add(row("token table", run.tokenTable() + ", version " + run.tokenTableVersion()));
    report
        .data()
        .ifPresent(
            data ->
                data.prepared()
                    .identity()
                    .values()
                    .forEach((name, value) -> rows.add(row("tokens, " + name, value))));
    run.adapterPath().ifPresent(path -> rows.add(row("adapter", path)));
    run.adapterSha256().ifPresent(sha -> rows.add(row("adapter, SHA-256", sha)));
    rows.add(row("recipe, SHA-256", run.recipeSha256()));
    run.details().ifPresent(details -> rows.add(row("code", details.codeVersion())));
    rows.add(row("began", Words.time(run.startedAt())));
    rows.add(row("ended", Words.time(run.finishedAt())));
    rows.add(row("tables", report.tables()));
    return new Section(
        "provenance", "Provenance", new Table(List.of("what", "which"), rows).html());
  }

  private static List<Cell> row(String name, String value) {
    return Table.row(Cell.of(name), Cell.code(Credentials.hidden(value)));
  }

  /** Empty for a run that went through in one piece. */
  Section attempts() {
    TrainRun run = report.run();
    List<Html> parts = new ArrayList<>();
    run.message().ifPresent(message -> parts.add(Html.tag("p.failure", message)));
    List<List<Cell>> lost = new ArrayList<>();
    for (JsonNode attempt : Measured.of(run).lostAttempts()) {
      lost.add(
          Table.row(
              Cell.number(attempt.path("attempt").asText()),
              Cell.of(attempt.path("reason").asText())));
    }
    if (!lost.isEmpty()) {
      parts.add(new Table(List.of("attempt>", "why it ended"), lost).html());
    }
    if (run.resumedFromStep() > 0) {
      parts.add(
          Html.tag(
              "p",
              "The last attempt went on after step "
                  + Words.count(run.resumedFromStep())
                  + "; the adapter has the bits that it would have had without the break."));
    }
    return new Section("attempts", "Attempts and failures", Html.all(parts));
  }
}
