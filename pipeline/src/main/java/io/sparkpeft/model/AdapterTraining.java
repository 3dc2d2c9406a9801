package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.data.TokenBatch;

/**
 * The loss of a decoder with an adapter and its gradient with respect to the adapter. {@code
 * this::lossAndGradient} is a {@code train.GradientSource}.
 */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"})
public final class AdapterTraining {

  /**
   * @param adapter read at each call, so an optimizer may change its tensors between calls
   */
  public AdapterTraining(Decoder decoder, Adapter adapter, Checkpointing checkpointing) {
    throw new UnsupportedOperationException("follows");
  }

  /**
   * Computes, for one micro-batch, the summed loss and the gradient of {@code lossScale} times it.
   * The result does not depend on the calling thread, nor on other micro-batches. May be called by
   * several threads at once, each readied by {@code Engine.prepareThread()}.
   *
   * @param lossScale one over the target tokens of the whole global step
   * @param dropoutSeed key of this step's dropout; with the sample index and the layer it decides
   *     every mask. 0 for none
   * @param gradient receives the flat gradient, overwritten; length {@code
   *     Adapter.parameterCount()}
   * @return the sum of the negative log-likelihoods (nats) of the batch's targets, unscaled
   */
  public double lossAndGradient(
      TokenBatch batch, double lossScale, long dropoutSeed, float[] gradient) {
    throw new UnsupportedOperationException("follows");
  }

  /** The summed loss alone, without dropout: for validation. */
  public double loss(TokenBatch batch) {
    return lossAndGradient(batch, 0, 0, new float[0]);
  }
}
