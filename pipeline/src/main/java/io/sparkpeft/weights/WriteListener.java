package io.sparkpeft.weights;

/** Hears how far the writing of a model's tensors has come. */
@FunctionalInterface
public interface WriteListener {
  /** Hears nothing. */
  WriteListener NONE = (begun, all) -> {};

  /**
   * The next tensor's turn has come.
   *
   * @param begun tensors whose turn has come, from 1
   * @param all of them
   */
  void next(int begun, int all);
}
