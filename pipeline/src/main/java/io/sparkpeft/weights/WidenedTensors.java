package io.sparkpeft.weights;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import java.nio.ByteBuffer;
import java.util.Set;

/** A checkpoint with its floats of 16 bits in fp32, made as they are asked for. */
public record WidenedTensors(TensorSource source) implements TensorSource {

  @Override
  public Set<String> names() {
    return source.names();
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry entry = source.entry(name);
    return isNarrow(entry) ? new TensorEntry(name, Dtype.FLOAT32, entry.shape()) : entry;
  }

  @Override
  public ByteBuffer bytes(String name) {
    TensorEntry entry = source.entry(name);
    if (!isNarrow(entry)) {
      return source.bytes(name);
    }
    try (NDManager scope = Engine.newManager(Device.cpu())) {
      return Tensors.toDirectBytes(
          Tensors.cast(
              scope,
              Tensors.fromBytes(scope, source.bytes(name), entry.dtype(), entry.shape()),
              Dtype.FLOAT32));
    }
  }

  private static boolean isNarrow(TensorEntry entry) {
    return entry.dtype() == Dtype.BFLOAT16 || entry.dtype() == Dtype.FLOAT16;
  }
}
