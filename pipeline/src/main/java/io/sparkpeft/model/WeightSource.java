package io.sparkpeft.model;

import io.sparkpeft.tensor.Dtype;
import java.nio.ByteBuffer;
import java.util.Set;

/** Where a decoder's weights come from: a model folder's tensors, or a test's. */
public interface WeightSource {
  Set<String> names();

  StoredWeight weight(String name);

  /**
   * @param bytes direct, little-endian, row-major; only read
   */
  record StoredWeight(Dtype dtype, long[] shape, ByteBuffer bytes) {}
}
