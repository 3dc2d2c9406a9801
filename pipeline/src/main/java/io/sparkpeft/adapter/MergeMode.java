package io.sparkpeft.adapter;

/** How an adapter's change is added to weights of 16 bits: PEFT's ways. */
public enum MergeMode {
  /** The sum is taken in fp32 and rounded once. */
  MERGE,
  /** PEFT's safe_merge: what is added is rounded to the weight's type, then the sum once more. */
  SAFE_MERGE,
  /**
   * What SAFE_MERGE adds is taken away again: in 16 bits not to the bit. Only of additions; where a
   * tensor was replaced or scaled, the base itself is needed.
   */
  UNMERGE
}
