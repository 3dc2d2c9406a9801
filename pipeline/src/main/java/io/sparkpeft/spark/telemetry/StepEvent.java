package io.sparkpeft.spark.telemetry;

import java.io.Serializable;
import java.time.Instant;

/**
 * What rank 0 tells the driver of one optimizer step.
 *
 * @param attempt from 1
 * @param step from 1
 * @param steps of the whole run
 * @param loss mean over the step's target tokens, nats
 * @param gradNorm of the summed gradient, before clipping
 * @param tokens of the global step, prompts included
 * @param targetTokens of the global step
 * @param seconds the step took
 * @param allReduceSeconds of them in the all-reduce
 * @param allReduceBytes sent by this rank in the step
 * @param at when the step ended
 */
public record StepEvent(
    String runId,
    int attempt,
    long step,
    long steps,
    double loss,
    double learningRate,
    double gradNorm,
    long tokens,
    long targetTokens,
    double seconds,
    double allReduceSeconds,
    long allReduceBytes,
    Instant at)
    implements Serializable {

  public double tokensPerSecond() {
    return tokens / seconds;
  }
}
