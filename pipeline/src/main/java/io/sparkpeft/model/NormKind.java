package io.sparkpeft.model;

/** The normalisations. */
public enum NormKind {
  /** x / sqrt(mean(x^2) + eps) w. (Zhang and Sennrich 2019, arXiv:1910.07467.) */
  RMS,

  /** The same with 1 + w in place of w. */
  OFFSET_RMS,

  /** (x - mean(x)) / sqrt(variance(x) + eps) w + b. (Ba et al. 2016, arXiv:1607.06450.) */
  LAYER
}
