package io.sparkpeft.train;

import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.data.StepPlan;
import io.sparkpeft.optim.LearningRateSchedule;
import io.sparkpeft.optim.OptimizerSettings;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import java.util.OptionalLong;

/**
 * How an adapter is trained, whatever the number of ranks.
 *
 * @param learningRate the schedule's highest rate
 * @param weightDecay of all adapter tensors
 * @param epochs passes over the training examples; a fraction is allowed
 * @param maxSteps optimizer steps; if present it overrides the epochs, as transformers' max_steps
 *     does, and as many passes are made as it needs
 * @param globalBatchSize examples of one optimizer step over all ranks
 * @param batching how the examples of a step fall into micro-batches
 * @param warmupSteps empty for the lesser of 100 steps and a tenth of all
 * @param maxGradNorm the gradient's largest global norm; 0 for no clipping
 * @param seed of the data order and of dropout
 * @param saveSteps optimizer steps between two checkpoints; the last step writes one in any case
 * @param keepCheckpoints how many of the newest stay
 */
public record TrainSettings(
    double learningRate,
    double weightDecay,
    double epochs,
    OptionalLong maxSteps,
    int globalBatchSize,
    MicroBatching batching,
    OptimizerSettings optimizer,
    LearningRateSchedule.Shape schedule,
    OptionalLong warmupSteps,
    double maxGradNorm,
    long seed,
    long saveSteps,
    int keepCheckpoints) {

  public TrainSettings {
    TrainErrors.require(
        "train.epochs", epochs, epochs > 0 && !Double.isInfinite(epochs), "more than 0");
    TrainErrors.require("train.max_steps", maxSteps.orElse(1), maxSteps.orElse(1) > 0, "1 or more");
    TrainErrors.require(
        "train.global_batch_size", globalBatchSize, globalBatchSize > 0, "1 or more");
    TrainErrors.require("train.max_grad_norm", maxGradNorm, maxGradNorm >= 0, "0 or more");
    TrainErrors.require("train.save_steps", saveSteps, saveSteps > 0, "1 or more");
    TrainErrors.require(
        "train.keep_checkpoints", keepCheckpoints, keepCheckpoints > 0, "1 or more");
  }

  /** The field's: AdamW at 3e-4 along a cosine, batches of 128, clipping at 1. */
  public static TrainSettings defaults() {
    return new TrainSettings(
        3e-4,
        0.01,
        1,
        OptionalLong.empty(),
        128,
        new MicroBatching.Examples(4),
        AdamWSettings.defaults(),
        LearningRateSchedule.Shape.COSINE,
        OptionalLong.empty(),
        1.0,
        42,
        100,
        2);
  }

  /** The same with other micro-batches. */
  public TrainSettings with(MicroBatching other) {
    return new TrainSettings(
        learningRate,
        weightDecay,
        epochs,
        maxSteps,
        globalBatchSize,
        other,
        optimizer,
        schedule,
        warmupSteps,
        maxGradNorm,
        seed,
        saveSteps,
        keepCheckpoints);
  }

  /** Optimizer steps of a run over so many training examples. */
  public long steps(long examples) {
    return maxSteps.orElseGet(() -> plan(examples).steps(epochs, OptionalLong.empty()));
  }

  StepPlan plan(long examples) {
    return new StepPlan(examples, globalBatchSize);
  }

  /** The learning rates of a run of so many steps. */
  public LearningRateSchedule learningRates(long steps) {
    return new LearningRateSchedule(
        schedule,
        learningRate,
        warmupSteps.orElse(LearningRateSchedule.defaultWarmupSteps(steps)),
        steps);
  }
}
