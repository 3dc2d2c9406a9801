package io.sparkpeft.adapter;

/**
 * A parameter that LoRA adapts.
 *
 * @param r rank of what is added to each of its matrices
 */
public record AdaptedStack(WeightStack stack, int r) {
  /** The values of A and B. */
  public long trainableParameters() {
    return Math.multiplyExact((long) r * stack.matrices(), Math.addExact(stack.in(), stack.out()));
  }
}
