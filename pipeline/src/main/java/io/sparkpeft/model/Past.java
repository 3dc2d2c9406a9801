package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Prefix;

/**
 * Keys and values of a layer that stand before those of a text's tokens.
 *
 * @param keys as attention reads them, [kvHeads, tokens, headDim]
 * @param values of the same shape
 */
record Past(NDArray keys, NDArray values) {
  static Past of(Prefix prefix) {
    return new Past(prefix.keys().value(), prefix.values().value());
  }

  long tokens() {
    return keys.getShape().get(1);
  }
}
