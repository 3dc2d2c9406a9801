package io.sparkpeft.optim;

/**
 * The learning rate of every optimizer step: a linear rise from zero over the warm-up steps, then
 * {@link Shape}'s course. The values are those of transformers' {@code get_*_schedule_with_warmup}
 * under torch's {@code LambdaLR}; so with a warm-up the first step's rate is 0.
 *
 * @param learningRate the rate at the end of the warm-up
 * @param warmupSteps steps of the rise; 0 for none
 * @param totalSteps optimizer steps of the whole run, warm-up included
 */
public record LearningRateSchedule(
    Shape shape, double learningRate, long warmupSteps, long totalSteps) {

  private static final long LONGEST_DEFAULT_WARMUP = 100;

  /** The course after the warm-up. */
  public enum Shape {
    /** Half a cosine wave, down to zero at the last step. */
    COSINE,
    /** A straight line, down to zero at the last step. */
    LINEAR,
    CONSTANT
  }

  public LearningRateSchedule {
    if (!(learningRate >= 0) || Double.isInfinite(learningRate)) {
      throw OptimErrors.notInRange("train.learning_rate", learningRate, "0 or more, and finite");
    }
    if (warmupSteps < 0) {
      throw OptimErrors.notInRange("train.warmup_steps", warmupSteps, "0 or more");
    }
  }

  /** The lesser of 100 steps and a tenth of all. */
  public static long defaultWarmupSteps(long totalSteps) {
    return Math.min(LONGEST_DEFAULT_WARMUP, totalSteps / 10);
  }

  /**
   * The rate of one optimizer step.
   *
   * @param step counted from 0
   */
  public double at(long step) {
    return learningRate * factor(step);
  }

  private double factor(long step) {
    if (step < warmupSteps) {
      return (double) step / Math.max(1, warmupSteps);
    }
    long fallingSteps = Math.max(1, totalSteps - warmupSteps);
    return switch (shape) {
      case COSINE -> {
        double progress = (double) (step - warmupSteps) / fallingSteps;
        yield Math.max(0.0, 0.5 * (1.0 + Math.cos(Math.PI * progress)));
      }
      case LINEAR -> Math.max(0.0, (double) (totalSteps - step) / fallingSteps);
      case CONSTANT -> 1.0;
    };
  }
}
