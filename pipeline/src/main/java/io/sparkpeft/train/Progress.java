package io.sparkpeft.train;

import io.sparkpeft.train.TrainEvents.StepEvent;

/**
 * How far a run has come, over all its attempts. The number of steps is also the cursor into the
 * data order, which is a pure function of it.
 *
 * @param steps optimizer steps taken
 * @param lossFirst mean loss of the first step; 0 before it
 * @param lossLast mean loss of the latest step; 0 before the first
 * @param tokens trained on by all ranks
 * @param targetTokens of these
 */
record Progress(long steps, double lossFirst, double lossLast, long tokens, long targetTokens) {
  static final Progress NONE = new Progress(0, 0, 0, 0, 0);

  Progress after(StepEvent step) {
    return new Progress(
        step.step(),
        steps == 0 ? step.loss() : lossFirst,
        step.loss(),
        tokens + step.tokens(),
        targetTokens + step.targetTokens());
  }
}
