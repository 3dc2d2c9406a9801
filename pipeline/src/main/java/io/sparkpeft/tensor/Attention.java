package io.sparkpeft.tensor;

/**
 * How attention is computed. The results differ in their last bits, so the choice is made once for
 * a whole run.
 */
public enum Attention {
  /** Our own, in blocks of each document: what CPUs are fast at. */
  BLOCKS,

  /**
   * torch's scaled_dot_product_attention over documents padded to one length: GPUs have it fused.
   */
  FUSED
}
