package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import io.sparkpeft.train.TrainEvents;
import java.time.Instant;
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
      sink.accept(
          new RunEvent.Training(
              origin(),
              event.steps(),
              event.examples(),
              event.validationExamples(),
              event.trainableParameters(),
              event.ranks(),
              event.resumedFrom().map(Resumed::step).orElse(0L)));
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
    sink.accept(
        new RunEvent.Saved(origin(), event.step(), event.checkpoint().toString(), event.seconds()));
  }

  @Override
  public void warning(String message) {
    sink.accept(new RunEvent.Said(origin(), "rank " + rank + ": " + message));
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
