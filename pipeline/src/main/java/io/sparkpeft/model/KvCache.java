package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** The keys and values of all positions so far, by layer. */
record KvCache(List<Layer> layers) {

  /**
   * @param keys rotated, [rows, kvHeads, positions, headDim]
   * @param values of the same shape
   */
  record Layer(NDArray keys, NDArray values) {}
}
