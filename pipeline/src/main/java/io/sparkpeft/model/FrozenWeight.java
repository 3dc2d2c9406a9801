package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.quant.QuantizedTensor;

/** The weight of a linear layer as it lies in memory. */
sealed interface FrozenWeight {

  /**
   * The weight [out, in] in the type that is computed in.
   *
   * @param workspace where it is expanded to, if it has to be; what was in its place there is lost
   */
  NDArray expanded(Workspace workspace);

  /** How many features the layer reads. */
  long in();

  /** How many it gives. */
  long out();

  /** In the type that is computed in. */
  record Plain(NDArray tensor) implements FrozenWeight {
    @Override
    public NDArray expanded(Workspace workspace) {
      return tensor;
    }

    @Override
    public long in() {
      return tensor.getShape().get(1);
    }

    @Override
    public long out() {
      return tensor.getShape().get(0);
    }
  }

  /** In four bits. Each is one of its own, whatever its values. */
  final class Quantized implements FrozenWeight {
    private final QuantizedTensor tensor;
    private final int place;

    /**
     * @param place in a workspace: one of its own among the weights that are needed together
     */
    Quantized(QuantizedTensor tensor, int place) {
      this.tensor = tensor;
      this.place = place;
    }

    QuantizedTensor tensor() {
      return tensor;
    }

    int place() {
      return place;
    }

    @Override
    public NDArray expanded(Workspace workspace) {
      return workspace.expanded(this);
    }

    @Override
    public long in() {
      return tensor.shape()[1];
    }

    @Override
    public long out() {
      return tensor.shape()[0];
    }
  }
}
