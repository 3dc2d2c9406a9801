package io.sparkpeft.adapter;

/** How several LoRA adapters become one: PEFT's combination_type. */
public enum CombinationType {
  /**
   * A and B are each summed, by the square roots of weight times scaling; all ranks must be equal.
   * Products of one adapter's B with another's A arise.
   */
  LINEAR,
  /** The exact weighted sum: A's rows and B's columns stand beside each other, ranks add up. */
  CAT,
  /** What of a given rank is nearest to the weighted sum. */
  SVD
}
