package io.sparkpeft.model;

/** How the floats of a decoder lie in memory where they are stored in another type. */
enum Keeping {
  /** Converted once. */
  IN_COMPUTE_TYPE,

  /**
   * Tables and linear layers' weights as the checkpoint has them, mapped from its files. Whatever
   * is computed with is converted for that: rows of tables, and linear layers as quantised ones
   * are.
   */
  AS_STORED
}
