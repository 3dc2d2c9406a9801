package io.sparkpeft.train;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a training run tells the outside while it goes on. Every rank tells its own; the calls come
 * from the thread that runs the {@link Trainer}, in order.
 */
public interface TrainEvents {

  /** Tells nobody. */
  TrainEvents NONE = new TrainEvents() {};

  /** Once, before the first step. */
  default void started(Started event) {}

  /** After every optimizer step. */
  default void step(StepEvent event) {}

  /** After a pass over the validation examples. */
  default void validated(Validated event) {}

  /** After rank 0 wrote a checkpoint; on rank 0 alone. */
  default void checkpoint(Saved event) {}

  /** Something the user should know that does not end the run. */
  default void warning(String message) {}

  /** Once, after the last step. */
  default void finished(TrainResult result) {}

  /**
   * @param steps optimizer steps of the whole run
   * @param examples training examples
   * @param validationExamples examples held back
   * @param trainableParameters values of the adapter
   * @param ranks how many train together
   * @param resumedFrom the step that was reached before, and where its checkpoint lies
   */
  record Started(
      long steps,
      long examples,
      long validationExamples,
      long trainableParameters,
      int ranks,
      Optional<Resumed> resumedFrom) {}

  /** A step that an earlier attempt reached. */
  record Resumed(long step, Path checkpoint) {}

  /**
   * @param step counted from 1
   * @param steps of the whole run
   * @param epoch passes over the training examples so far, as a fraction
   * @param loss mean negative log-likelihood (nats) over the targets of the global step
   * @param learningRate the schedule's for this step
   * @param gradientNorm global norm before clipping
   * @param tokens of the global step, without padding
   * @param targetTokens of the global step
   * @param seconds wall time of the step
   * @param allReduceSeconds of it, the time this rank spent in the all-reduce, waiting included
   * @param bytesSent by this rank in this step
   */
  record StepEvent(
      long step,
      long steps,
      double epoch,
      double loss,
      double learningRate,
      double gradientNorm,
      long tokens,
      long targetTokens,
      double seconds,
      double allReduceSeconds,
      long bytesSent)
      implements Serializable {

    /** Tokens of all ranks, without padding. */
    public double tokensPerSecond() {
      return tokens / seconds;
    }
  }

  /**
   * @param step after which the examples were scored
   * @param loss mean negative log-likelihood (nats) over their targets
   * @param targetTokens how many those are
   */
  record Validated(long step, double loss, long targetTokens, double seconds)
      implements Serializable {}

  /** A checkpoint that is complete. */
  record Saved(long step, Path checkpoint, double seconds) {}
}
