package io.sparkpeft.spark.telemetry;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A run as the table train_runs keeps it.
 *
 * @param recipeSha256 of the effective recipe
 * @param modelSha256 of the base model
 * @param quantization of the base, if it was quantised
 * @param tokenTableVersion of the token table that was pinned
 * @param attempts of the job that ended it
 * @param resumedFromStep 0 for a run in one piece
 * @param adapterSha256 empty if the run failed
 * @param message why it failed
 */
public record TrainRun(
    String runId,
    Status status,
    String recipeSha256,
    String modelSha256,
    Optional<String> quantization,
    String tokenTable,
    long tokenTableVersion,
    int ranks,
    int attempts,
    long resumedFromStep,
    long steps,
    long trainableParameters,
    OptionalDouble lossFirst,
    OptionalDouble lossLast,
    OptionalDouble validationLoss,
    long tokens,
    long targetTokens,
    OptionalDouble tokensPerSecond,
    Optional<String> adapterPath,
    Optional<String> adapterSha256,
    Optional<String> message,
    Instant startedAt,
    Instant finishedAt) {

  /** How a run ended. */
  public enum Status {
    DONE,
    FAILED
  }
}
