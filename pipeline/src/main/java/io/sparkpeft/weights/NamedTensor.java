package io.sparkpeft.weights;

import io.sparkpeft.tensor.Dtype;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * A tensor about to be written. Its values are asked for once, when their turn comes, so that a
 * writer holds one tensor at a time.
 *
 * @param bytes its elements, row-major and little-endian, from position to limit
 */
public record NamedTensor(String name, Dtype dtype, long[] shape, Supplier<ByteBuffer> bytes) {

  public TensorEntry entry() {
    return new TensorEntry(name, dtype, shape);
  }

  /** The same, which tells when its values are asked for. */
  public NamedTensor told(Runnable listener) {
    return new NamedTensor(
        name,
        dtype,
        shape,
        () -> {
          listener.run();
          return bytes.get();
        });
  }

  /** A tensor of another source under its own name. */
  public static NamedTensor of(TensorSource source, String name) {
    TensorEntry entry = source.entry(name);
    return new NamedTensor(name, entry.dtype(), entry.shape(), () -> source.bytes(name));
  }
}
