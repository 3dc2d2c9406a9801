package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * A narrow network at one linear layer: z(x) = scaling up(activation(down(dropout(x)))), added to
 * what it reads or, beside the layer, to the layer's output. (Houlsby et al. 2019,
 * arXiv:1902.00751; He et al. 2022, arXiv:2110.04366.)
 *
 * @param down fp32 [size, from]
 * @param up fp32 [to, size]
 * @param activation as config.json calls it: tanh, relu, ...
 * @param dropout the probability of dropping an element that it reads while training
 */
public record BottleneckDelta(
    DeltaTensor down,
    DeltaTensor up,
    Placement placement,
    String activation,
    double scaling,
    double dropout)
    implements LinearDelta {

  /** Where it stands. */
  public enum Placement {
    /** It reads and changes the layer's input. */
    BEFORE,
    /** It reads and changes the layer's output. */
    BEHIND,
    /** It reads the input and changes the output. */
    BESIDE
  }

  @Override
  public NDArray merged(NDManager manager, NDArray weight, boolean fanInFanOut) {
    throw new IllegalStateException("no weight holds what is not linear");
  }
}
