package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.FrozenTensors;
import io.sparkpeft.adapter.LinearModule;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The tensors of a base that was quantised on load, and its weights before that.
 *
 * @param unquantized gives the weight of a linear layer [out, in], fp32, in a manager
 */
record BeforeQuantizing(
    FrozenTensors frozen, BiFunction<NDManager, LinearModule, NDArray> unquantized)
    implements FrozenTensors {

  @Override
  public NDArray fp32(NDManager scope, String name) {
    return frozen.fp32(scope, name);
  }

  /** The head is never quantised. */
  @Override
  public Optional<NDArray> unquantized(NDManager scope, LinearModule module) {
    return module.name().equals(ModuleNames.HEAD)
        ? Optional.empty()
        : Optional.of(unquantized.apply(scope, module));
  }
}
