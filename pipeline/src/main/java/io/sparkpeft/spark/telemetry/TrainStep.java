package io.sparkpeft.spark.telemetry;

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
    OptionalDouble validationLoss) {}
