package io.sparkpeft.spark.telemetry;

import java.io.Serializable;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.util.CollectionAccumulator;

/** What the ranks take with them to tell the driver how they get on. */
public final class TelemetrySource implements Serializable {
  private final String runId;
  private final CollectionAccumulator<RunEvent> late;

  TelemetrySource(String runId, CollectionAccumulator<RunEvent> late) {
    this.runId = runId;
    this.late = late;
  }

  /** The events of one rank, which closes them at its end. */
  public RankEvents events(int attempt, int rank) {
    Optional<EventOutbox> outbox = EventOutbox.current();
    Consumer<RunEvent> sink = outbox.<Consumer<RunEvent>>map(o -> o::add).orElse(late::add);
    return new RankEvents(runId, attempt, rank, sink, outbox);
  }
}
