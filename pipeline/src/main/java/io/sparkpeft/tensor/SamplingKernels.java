package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@code kernels/sampling.py}. logits [rows, vocabulary]. */
public final class SamplingKernels {
  /** Bits of the integers that decide a choice. */
  public static final int NUMBER_BITS = 48;

  private static final Kernel WARPED = new Kernel("warped");
  private static final Kernel SAMPLE = new Kernel("sample");

  private SamplingKernels() {}

  /**
   * What stays in question, as transformers' TemperatureLogitsWarper, TopKLogitsWarper and
   * TopPLogitsWarper say.
   *
   * @param temperature divides the logits
   * @param topK how many stay; 0 for all
   * @param topP the probability that stays; 1 for all
   */
  public record Form(double temperature, long topK, double topP) {}

  /** The logits of what stays, over the temperature, in fp32; the others are -inf. */
  public static NDArray warped(NDManager scope, NDArray logits, Form form) {
    return WARPED.tensor(scope, logits, form.temperature(), form.topK(), form.topP());
  }

  /**
   * A token for each row, int64 [rows], chosen with its probability among what stays.
   *
   * @param numbers int64 [rows], uniform in 0 .. 2^{@value #NUMBER_BITS} - 1
   */
  public static NDArray sample(NDManager scope, NDArray logits, NDArray numbers, Form form) {
    return SAMPLE.tensor(scope, logits, numbers, form.temperature(), form.topK(), form.topP());
  }
}
