package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import io.sparkpeft.train.TrainEvents;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A rank's training events, on their way to the driver. Rank 0 speaks for all; others only warn.
 */
public final class RankEvents implements TrainEvents, AutoCloseable {
  private final String runId;
  private final int attempt;
  private final int rank;
  private final Consumer<RunEvent> sink;
  private final Optional<EventOutbox> outbox;

  RankEvents(
      String runId, int attempt, int rank, Consumer<RunEvent> sink, Optional<EventOutbox> outbox) {
    this.runId = runId;
    this.attempt = attempt;
    this.rank = rank;
    this.sink = sink;
    this.outbox = outbox;
  }

  @Override
  public void started(Started event) {
    if (rank == 0) {
      String resumed =
          event.resumedFrom().map(from -> ", going on after step " + from.step()).orElse("");
      say(
          String.format(
              Locale.ROOT,
              "training %,d values on %,d examples in %,d steps with %d %s%s",
              event.trainableParameters(),
              event.examples(),
              event.steps(),
              event.ranks(),
              event.ranks() == 1 ? "rank" : "ranks",
              resumed));
    }
  }

  @Override
  public void step(StepEvent event) {
    if (rank == 0) {
      sink.accept(new RunEvent.Stepped(origin(), event));
    }
  }

  @Override
  public void validated(Validated event) {
    if (rank == 0) {
      sink.accept(new RunEvent.Validated(origin(), event));
    }
  }

  @Override
  public void checkpoint(Saved event) {
    say("checkpoint of step " + event.step() + " saved: " + event.checkpoint());
  }

  @Override
  public void warning(String message) {
    say("rank " + rank + ": " + message);
  }

  private void say(String text) {
    sink.accept(new RunEvent.Said(origin(), text));
  }

  private Origin origin() {
    return new Origin(runId, attempt, rank, Instant.now());
  }

  /** Waits, for some seconds at most, until the driver has heard everything. */
  @Override
  public void close() {
    try {
      if (outbox.isPresent()) {
        outbox.get().flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
