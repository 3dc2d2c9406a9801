package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A row of train_steps.
 *
 * @param attempt the one that took the step for good
 * @param loss nats per target token
 * @param gradientNorm before clipping
 * @param validationLoss after the step, where it was measured
 */
public record TrainStep(
    long step,
    int attempt,
    double epoch,
    double loss,
    double learningRate,
    double gradientNorm,
    long tokens,
    double tokensPerSecond,
    double seconds,
    OptionalDouble validationLoss) {

  /**
   * Of a step that was just heard of.
   *
   * @param validationLosses by the steps after which they were measured
   */
  public static TrainStep of(Stepped stepped, Map<Long, Double> validationLosses) {
    StepEvent step = stepped.step();
    Double validationLoss = validationLosses.get(step.step());
    return new TrainStep(
        step.step(),
        stepped.origin().attempt(),
        step.epoch(),
        step.loss(),
        step.learningRate(),
        step.gradientNorm(),
        step.tokens(),
        step.tokensPerSecond(),
        step.seconds(),
        validationLoss == null ? OptionalDouble.empty() : OptionalDouble.of(validationLoss));
  }
}
