package io.sparkpeft.tensor;

/**
 * How rows of activations are worked on beside the large products: RMS norms, low-rank paths with
 * their dropout, and the cross-entropy. The results differ in their last bits, so the choice is
 * made once for a whole run.
 */
public enum RowWork {
  /** By torch's kernels, one after another: what every device can do. */
  TORCH,

  /** By Java's vectors, some rows at a time: what CPUs with wide ones are fastest at. */
  LANES
}
