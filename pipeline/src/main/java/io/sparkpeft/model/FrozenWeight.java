package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.quant.Dequantizer;
import io.sparkpeft.quant.QuantizedTensor;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.KernelObservation;
import io.sparkpeft.tensor.Tensors;

/** The weight of a linear layer as it lies in memory. */
sealed interface FrozenWeight {

  /**
   * The weight [out, in] in the type that is computed in.
   *
   * @param workspace where it is expanded to, if it has to be; what was in its place there is lost
   */
  NDArray expanded(Workspace workspace);

  /** How many features the layer reads. */
  default long in() {
    return shape()[1];
  }

  /** How many it gives. */
  default long out() {
    return shape()[0];
  }

  /** [out, in]. */
  long[] shape();

  /** In the type that is computed in. */
  record Plain(NDArray tensor) implements FrozenWeight {
    @Override
    public NDArray expanded(Workspace workspace) {
      return tensor;
    }

    @Override
    public long[] shape() {
      return tensor.getShape().getShape();
    }
  }

  /** In another type. Each is one of its own, whatever its values. */
  abstract sealed class Packed implements FrozenWeight {
    private final int place;

    /**
     * @param place in a workspace: one of its own among the weights that are needed together
     */
    private Packed(int place) {
      this.place = place;
    }

    int place() {
      return place;
    }

    @Override
    public NDArray expanded(Workspace workspace) {
      return workspace.expanded(this);
    }

    /**
     * @param values [out, in], takes the weight
     * @param compute their type, float32 or bfloat16
     */
    abstract void expandInto(NDArray values, Dtype compute, Dequantizer dequantizer);
  }

  /** In four bits. */
  final class Quantized extends Packed {
    private final QuantizedTensor tensor;

    Quantized(QuantizedTensor tensor, int place) {
      super(place);
      this.tensor = tensor;
    }

    @Override
    public long[] shape() {
      return tensor.shape();
    }

    @Override
    void expandInto(NDArray values, Dtype compute, Dequantizer dequantizer) {
      KernelObservation.observe(
          "dequantize", () -> dequantizer.dequantize(tensor, compute, Tensors.memory(values)));
    }
  }

  /** In floats of another type, as the checkpoint holds them. */
  final class Stored extends Packed {
    private final NDArray tensor;

    /**
     * @param tensor [out, in]
     */
    Stored(NDArray tensor, int place) {
      super(place);
      this.tensor = tensor;
    }

    @Override
    public long[] shape() {
      return tensor.getShape().getShape();
    }

    @Override
    void expandInto(NDArray values, Dtype compute, Dequantizer dequantizer) {
      Tensors.copyInto(values, tensor);
    }
  }
}
