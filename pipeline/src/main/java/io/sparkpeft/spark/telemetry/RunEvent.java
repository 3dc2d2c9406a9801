package io.sparkpeft.spark.telemetry;

import io.sparkpeft.train.TrainEvents;
import java.io.Serializable;
import java.time.Instant;

/** What a rank tells the driver while a run goes on. */
public sealed interface RunEvent extends Serializable {

  Origin origin();

  /**
   * Where and when it was said.
   *
   * @param attempt from 1
   * @param at by the clock of the rank's host
   */
  record Origin(String runId, int attempt, int rank, Instant at) implements Serializable {}

  /** An optimizer step, told by rank 0 alone. */
  record Stepped(Origin origin, TrainEvents.StepEvent step) implements RunEvent {}

  /** A pass over the validation examples, told by rank 0 alone. */
  record Validated(Origin origin, TrainEvents.Validated result) implements RunEvent {}

  /** Something for a person to read. */
  record Said(Origin origin, String text) implements RunEvent {}
}
