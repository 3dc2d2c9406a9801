package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.DeltaTensor;
import io.sparkpeft.tensor.Tensors;
import java.util.Optional;

/**
 * A tensor as the base has it, unless the pass's adapter trains another in its place.
 *
 * @param name in the model
 */
record Weight(String name, NDArray frozen) {

  /** What the pass computes with, of the frozen tensor's type. */
  NDArray in(Pass pass) {
    return trained(pass)
        .map(trained -> Tensors.asTypeOf(pass.scope(), trained.value(), frozen))
        .orElse(frozen);
  }

  Optional<DeltaTensor> trained(Pass pass) {
    return pass.adapter().flatMap(adapter -> adapter.replacement(name));
  }

  boolean isTrained(Pass pass) {
    return trained(pass).isPresent();
  }
}
