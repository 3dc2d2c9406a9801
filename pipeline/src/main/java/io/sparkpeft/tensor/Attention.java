package io.sparkpeft.tensor;

/**
 * How attention is computed. The results differ in their last bits, so the choice is made once for
 * a whole run.
 */
public enum Attention {
  /** Our own, by torch's kernels in blocks of each document: what every CPU can do. */
  BLOCKS,

  /** Our own, by Java's vectors: what CPUs with wide ones are fastest at. */
  LANES,

  /**
   * torch's scaled_dot_product_attention over documents padded to one length: GPUs have it fused.
   */
  FUSED
}
