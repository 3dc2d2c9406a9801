package io.sparkpeft.weights;

import io.sparkpeft.tensor.Dtype;
import java.util.Arrays;

/**
 * What is known of a stored tensor without its values.
 *
 * @param shape row-major; empty for a scalar
 */
public record TensorEntry(String name, Dtype dtype, long[] shape) {

  /** The number of its elements: 1 for a scalar, 0 if any dimension is. */
  public long elements() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  public long bytes() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }

  @Override
  public String toString() {
    return name + " " + dtype.safetensorsName() + " " + Arrays.toString(shape);
  }
}
