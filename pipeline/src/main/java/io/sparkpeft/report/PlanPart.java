package io.sparkpeft.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.spark.telemetry.ProgressLine;
import io.sparkpeft.spark.telemetry.TrainRun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the plan said, and what it was in the end. */
record PlanPart(TrainRun run) {
  private static final List<String> MEMORY =
      List.of("weights", "workspace", "adapter", "optimizer", "gradients", "activations", "logits");

  Section section() {
    return new Section(
        "plan",
        "Plan and measurement",
        run.details().map(details -> body(details.plan())).orElse(Html.NOTHING));
  }

  private Html body(JsonNode plan) {
    Measured measured = Measured.of(run);
    List<List<Cell>> rows = new ArrayList<>();
    rows.add(
        row(
            "trained values",
            Words.count(plan.path("trainable_parameters").asLong()),
            Words.count(run.trainableParameters())));
    rows.add(row("steps", Words.count(plan.path("steps").asLong()), Words.count(run.steps())));
    rows.add(row("ranks", Words.count(plan.path("partitions").asLong()), Words.count(run.ranks())));
    rows.add(
        row(
            "memory of one rank",
            Words.bytes(plan.path("memory_bytes").path("total").asDouble()),
            measured.peakMemoryBytes().isPresent()
                ? Words.bytes(measured.peakMemoryBytes().getAsDouble()) + " at its peak"
                : ""));
    rows.add(
        row(
            "sent by a rank per step",
            Words.bytes(plan.path("all_reduce_bytes_per_step").asDouble()),
            sentPerStep(measured)));
    rows.add(row("time in steps", "", seconds(measured)));
    rows.add(
        row(
            "time of the whole job",
            "",
            ProgressLine.duration(
                Duration.between(run.startedAt(), run.finishedAt()).toMillis() / 1e3)));
    return Html.all(
        new Table(List.of("", "planned>", "measured>"), rows).html(),
        Html.tag(
            "p.note",
            "The plan counts tensors; with libtorch, and rounded up, it suggests a memoryOverhead of "
                + Words.bytes(plan.path("executor_memory_overhead_bytes").asDouble())
                + " beside the JVM's heap. What is measured is the whole process."),
        Html.details("The planned memory in its parts, and the ranks", parts(plan, measured)));
  }

  private static List<Cell> row(String name, String planned, String measured) {
    return Table.row(Cell.of(name), Cell.number(planned), Cell.number(measured));
  }

  private String sentPerStep(Measured measured) {
    long steps = run.steps() - run.resumedFromStep();
    double sent = measured.ranks().path(0).path("bytes_sent").asDouble();
    return steps > 0 ? Words.bytes(sent / steps) : "";
  }

  private static String seconds(Measured measured) {
    return measured.trainingSeconds().isPresent()
        ? ProgressLine.duration(measured.trainingSeconds().getAsDouble())
        : "";
  }

  private static Html parts(JsonNode plan, Measured measured) {
    List<List<Cell>> memory =
        MEMORY.stream()
            .map(
                part ->
                    Table.row(
                        Cell.of(part),
                        Cell.number(Words.bytes(plan.path("memory_bytes").path(part).asDouble()))))
            .toList();
    List<List<Cell>> ranks = new ArrayList<>();
    for (JsonNode rank : measured.ranks()) {
      ranks.add(
          Table.row(
              Cell.number(rank.path("rank").asText()),
              Cell.of(rank.path("host").asText()),
              Cell.number(Words.count(rank.path("micro_batches").asLong())),
              Cell.number(Words.bytes(rank.path("bytes_sent").asDouble())),
              Cell.number(Words.bytes(rank.path("peak_memory_bytes").asDouble()))));
    }
    return Html.tag(
        "div.beside",
        new Table(List.of("memory", "planned>"), memory).html(),
        new Table(List.of("rank>", "host", "micro-batches>", "sent>", "peak memory>"), ranks)
            .html());
  }
}
