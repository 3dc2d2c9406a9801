package io.sparkpeft.weights;

import java.nio.ByteBuffer;
import java.util.Set;

/** Stored tensors by name. Safe for many threads. */
public interface TensorSource {

  /** All names, in byte order. */
  Set<String> names();

  default boolean contains(String name) {
    return names().contains(name);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) that names the tensor if it is missing
   */
  TensorEntry entry(String name);

  /**
   * The tensor's elements, row-major: a direct, little-endian, read-only buffer over the mapped
   * file, made anew by every call and valid as long as it is referenced. Nothing is read before its
   * pages are touched.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if the tensor is missing or the file cannot
   *     be read, (65) if it has 2 GiB or more
   */
  ByteBuffer bytes(String name);
}
