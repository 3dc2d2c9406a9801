package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * {@code kernels/dropout.py}. What is kept is not scaled up: whoever reads it divides by the share
 * that is kept.
 */
public final class DropoutKernels {
  private static final Kernel COPY_OF = new Kernel("copy_of");
  private static final Kernel ZERO_AT = new Kernel("zero_at_");

  private DropoutKernels() {}

  /**
   * A copy of x with zeros.
   *
   * @param dropped where, counted row-major
   */
  public static NDArray dropout(NDManager scope, NDArray x, int[] dropped) {
    NDArray copy = COPY_OF.tensor(scope, x);
    drop(copy, dropped);
    return copy;
  }

  /** The same; x itself where nothing is dropped. */
  public static NDArray dropout(NDManager scope, NDArray x, Optional<int[]> dropped) {
    return dropped.map(places -> dropout(scope, x, places)).orElse(x);
  }

  /**
   * Writes zeros into x, which lies row-major in memory.
   *
   * @param dropped where, counted row-major
   */
  public static void drop(NDArray x, int[] dropped) {
    if (x.getDevice().isGpu()) {
      dropByKernel(x, dropped);
      return;
    }
    // One write for each, of the few that are dropped, beats any kernel over all elements.
    ByteBuffer memory = Tensors.memory(x);
    long bytes = memory.remaining() / Math.max(1, x.size());
    if (bytes == Short.BYTES) {
      drop(memory.asShortBuffer(), dropped);
    } else if (bytes == Integer.BYTES) {
      drop(memory.asIntBuffer(), dropped);
    } else {
      throw new IllegalArgumentException("elements of " + bytes + " bytes");
    }
  }

  private static void drop(ShortBuffer memory, int[] dropped) {
    for (int place : dropped) {
      memory.put(place, (short) 0);
    }
  }

  private static void drop(IntBuffer memory, int[] dropped) {
    for (int place : dropped) {
      memory.put(place, 0);
    }
  }

  /** The same where memory is out of reach. */
  static void dropByKernel(NDArray x, int[] dropped) {
    try (NDManager scope = x.getManager().newSubManager()) {
      long[] places = Arrays.stream(dropped).asLongStream().toArray();
      ZERO_AT.tensor(scope, x, Tensors.fromLongs(scope, places, places.length));
    }
  }
}
