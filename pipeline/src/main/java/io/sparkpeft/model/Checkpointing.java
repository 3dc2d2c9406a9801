package io.sparkpeft.model;

/** What the backward pass finds in memory. Its gradients are the same bits whichever it is. */
public enum Checkpointing {
  /** Every layer's inner activations. */
  KEEP_ALL,

  /**
   * The layers' inputs, what attention gave, and the results of the large products; what lies
   * between them is cheap and computed a second time. (Korthikanti et al. 2022, arXiv:2205.05198,
   * select by the same measure.)
   */
  KEEP_PRODUCTS,

  /**
   * Only the layers' inputs and what attention gave; the rest is computed a second time. (Chen et
   * al. 2016, arXiv:1604.06174.)
   */
  RECOMPUTE
}
