package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;

/**
 * The frozen values of a base, for adapters that begin with them or are measured by them (PiSSA,
 * OLoRA, DoRA, tensors trained whole).
 */
@FunctionalInterface
public interface FrozenTensors {
  /** For adapters that need none. */
  FrozenTensors NONE =
      (manager, name) -> {
        throw new IllegalStateException("nobody said where the base keeps " + name);
      };

  /**
   * A tensor's values.
   *
   * @param name in the model, {@code model.norm.weight} say
   * @return fp32, a copy that lives in the manager, of the shape that the base stores
   */
  NDArray fp32(NDManager manager, String name);

  /** The weight of a linear layer as [out, in], fp32, in the manager; read it and let it go. */
  default NDArray weight(NDManager manager, LinearModule module) {
    NDArray stored = fp32(manager, module.name() + ".weight");
    return module.fanInFanOut() ? stored.transpose() : stored;
  }

  /**
   * The weight of a linear layer as it was before it was quantised on load, [out, in], fp32; empty
   * if it was not, or only the quantised one is stored.
   */
  default Optional<NDArray> unquantized(NDManager manager, LinearModule module) {
    return Optional.empty();
  }
}
