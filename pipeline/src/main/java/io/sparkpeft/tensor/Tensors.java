package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;

/**
 * Tensors to and from memory, and the little arithmetic needed beside the models' kernels. The
 * first argument is the manager that the result lives in.
 */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"})
public final class Tensors {
  private Tensors() {}

  /**
   * A tensor over the memory of a direct buffer, without a copy; the tensor keeps the buffer alive.
   * Whoever writes into the one changes the other. A read-only mapping must never be written.
   *
   * @param bytes little-endian elements from the buffer's position to its limit
   * @throws io.sparkpeft.base.SparkPeftException (65) if the shape needs another number of bytes
   */
  public static NDArray fromBytes(NDManager scope, ByteBuffer bytes, Dtype dtype, long... shape) {
    throw new UnsupportedOperationException("follows");
  }

  /** An fp32 tensor of these values, copied. */
  public static NDArray fromFloats(NDManager scope, float[] values, long... shape) {
    throw new UnsupportedOperationException("follows");
  }

  /** Its elements in another type, rounded to nearest even; itself in a new handle if the same. */
  public static NDArray cast(NDManager scope, NDArray tensor, Dtype dtype) {
    throw new UnsupportedOperationException("follows");
  }

  public static Dtype dtype(NDArray tensor) {
    throw new UnsupportedOperationException("follows");
  }

  /** The elements, row-major and little-endian, in a buffer of their own (at most 2 GiB). */
  public static ByteBuffer toBytes(NDArray tensor) {
    throw new UnsupportedOperationException("follows");
  }

  /** Overwrites an fp32 tensor, in place, with values[offset ...]. */
  public static void copyFrom(NDArray target, float[] values, int offset) {
    throw new UnsupportedOperationException("follows");
  }

  /** Copies an fp32 tensor to target[offset ...]. */
  public static void copyTo(NDArray tensor, float[] target, int offset) {
    throw new UnsupportedOperationException("follows");
  }

  /** A B in A's type. A [m, k], B [k, n] of the same type. */
  public static NDArray matmul(NDManager scope, NDArray a, NDArray b) {
    throw new UnsupportedOperationException("follows");
  }

  /** W + factor * D in fp32, rounded once to W's type. Both of the same shape. */
  public static NDArray addScaled(NDManager scope, NDArray w, NDArray d, double factor) {
    throw new UnsupportedOperationException("follows");
  }

  /** The largest absolute difference of two tensors, taken in fp64. */
  public static double maxAbsDifference(NDArray a, NDArray b) {
    throw new UnsupportedOperationException("follows");
  }
}
