package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import java.util.Map;
import java.util.Optional;

/**
 * What is left of a layer's forward pass where not all of it is.
 *
 * @param mixed the result of attention
 * @param products results of linear layers by their paths, with what was added to them in place
 */
record Kept(Mixed mixed, Map<String, NDArray> products) {
  Kept {
    products = Map.copyOf(products);
  }

  Optional<NDArray> product(Linear linear) {
    return Optional.ofNullable(products.get(linear.module()));
  }

  boolean has(Linear linear) {
    return products.containsKey(linear.module());
  }

  /** Moves it all to another scope. */
  void attach(NDManager scope) {
    mixed.y().attach(scope);
    mixed.sums().ifPresent(sums -> sums.attach(scope));
    products.values().forEach(product -> product.attach(scope));
  }
}
