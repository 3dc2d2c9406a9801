package io.sparkpeft.train;

import io.sparkpeft.data.TokenBatch;

/** What computes a micro-batch's loss and the adapter's gradient: the model, or a test's twin. */
public interface GradientSource {

  /**
   * Computes, for one micro-batch, the summed loss and the gradient of {@code lossScale} times it.
   * The result does not depend on the calling thread, nor on other micro-batches. May be called by
   * several threads at once.
   *
   * @param lossScale one over the target tokens of the whole global step
   * @param dropoutSeed key of this step's dropout; with the sample index and the layer it decides
   *     every mask. 0 for none
   * @param gradient receives the flat gradient, overwritten; length {@code
   *     Adapter.parameterCount()}
   * @return the sum of the negative log-likelihoods (nats) of the batch's targets, unscaled
   */
  double lossAndGradient(TokenBatch batch, double lossScale, long dropoutSeed, float[] gradient);
}
