package io.sparkpeft.tensor;

/**
 * How RMS norms are computed. The results differ in their last bits, so the choice is made once for
 * a whole run.
 */
public enum Normalization {
  /** By torch's kernels, one after another: what every device can do. */
  TORCH,

  /** By Java's vectors, some rows at a time: what CPUs with wide ones are fastest at. */
  LANES
}
