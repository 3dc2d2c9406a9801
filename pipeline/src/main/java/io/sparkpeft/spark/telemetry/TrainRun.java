package io.sparkpeft.spark.telemetry;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
 * @param details what a report tells beside; rows of earlier versions have none
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
    Instant finishedAt,
    Optional<Details> details) {

  /**
   * @param modelPath the base model's folder or address
   * @param codeVersion of spark-peft
   * @param recipe each key that finetune reads with its value and where that came from, in order
   * @param plan what {@code plan} would have said
   * @param measured seconds, memory and places of the ranks, and attempts that were lost
   */
  public record Details(
      String modelPath,
      String codeVersion,
      ObjectNode recipe,
      ObjectNode plan,
      ObjectNode measured) {}

  /** How a run ended. */
  public enum Status {
    DONE,
    FAILED
  }
}
