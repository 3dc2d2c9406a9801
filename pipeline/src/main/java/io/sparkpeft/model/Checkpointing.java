package io.sparkpeft.model;

/** What the backward pass finds in memory. Its gradients are the same bits either way. */
public enum Checkpointing {
  /** Every layer's inner activations are kept. */
  KEEP_ALL,

  /**
   * Only the layers' inputs and what attention gave are kept; the rest is computed a second time.
   * (Chen et al. 2016, arXiv:1604.06174.)
   */
  RECOMPUTE
}
