package io.sparkpeft.data;

import java.util.OptionalLong;

/**
 * How samples fall into optimizer steps. As in Hugging Face's Trainer, an epoch ends with a short
 * step where the batch size does not divide the number of samples: every sample is seen once per
 * epoch, and no step mixes two epochs.
 *
 * @param samples n, of the training split
 * @param globalBatchSize samples per optimizer step over all ranks
 */
public record StepPlan(long samples, int globalBatchSize) {
  public StepPlan {
    if (samples < 1 || globalBatchSize < 1) {
      throw new IllegalArgumentException(
          "%d samples in steps of %d".formatted(samples, globalBatchSize));
    }
  }

  /** ceil(samples / globalBatchSize). */
  public long stepsPerEpoch() {
    return (samples + globalBatchSize - 1) / globalBatchSize;
  }

  /**
   * Optimizer steps of a run.
   *
   * @param epochs may be a fraction: ceil(epochs * stepsPerEpoch)
   * @param maxSteps where given, the least of both counts
   */
  public long steps(double epochs, OptionalLong maxSteps) {
    long all = (long) Math.ceil(epochs * stepsPerEpoch());
    return maxSteps.isPresent() ? Math.min(all, maxSteps.getAsLong()) : all;
  }

  /** The positions, in the order over all epochs, that a step (counted from 0) takes. */
  public long[] positions(long step) {
    long epoch = step / stepsPerEpoch();
    long first = (step % stepsPerEpoch()) * globalBatchSize;
    int count = (int) Math.min(globalBatchSize, samples - first);
    long[] positions = new long[count];
    for (int i = 0; i < count; i++) {
      positions[i] = epoch * samples + first + i;
    }
    return positions;
  }
}
