package io.sparkpeft.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * Tensors to and from memory, and the little arithmetic needed beside the models' kernels. The
 * first argument is the manager that the result lives in.
 */
public final class Tensors {
  private static final Kernel EMPTY = new Kernel("empty");
  private static final Kernel EMPTY_LIKE = new Kernel("empty_like");
  private static final Kernel CAST = new Kernel("cast");
  private static final Kernel OVERWRITE = new Kernel("overwrite_");
  private static final Kernel AS_TYPE_OF = new Kernel("as_type_of");
  private static final Kernel REINTERPRET = new Kernel("reinterpret");
  private static final Kernel ELEMENT_TYPE = new Kernel("element_type");
  private static final Kernel AWAIT = new Kernel("await_device");
  private static final Kernel MATMUL = new Kernel("matmul");
  private static final Kernel ADD_SCALED = new Kernel("add_scaled");
  private static final Kernel MAX_ABS_DIFFERENCE = new Kernel("max_abs_difference");

  private Tensors() {}

  /**
   * A tensor over the memory of a direct buffer, without a copy; the tensor keeps the buffer alive.
   * Whoever writes into the one changes the other. A read-only mapping must never be written.
   *
   * @param bytes little-endian elements from the buffer's position to its limit
   * @throws io.sparkpeft.base.SparkPeftException (65) if the shape needs another number of bytes
   */
  public static NDArray fromBytes(NDManager scope, ByteBuffer bytes, Dtype dtype, long... shape) {
    if (!bytes.isDirect()) {
      throw new IllegalArgumentException("the buffer must be direct");
    }
    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (elements * dtype.bytes() != bytes.remaining()) {
      throw TensorErrors.bytesDoNotFit(bytes.remaining(), dtype, shape);
    }
    ByteBuffer slice = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    NDArray carrier = scope.create(slice, new Shape(shape), carrier(dtype));
    return isCarried(dtype)
        ? REINTERPRET.tensor(scope, carrier, (long) dtype.scalarType())
        : carrier;
  }

  /** An fp32 tensor of these values, copied. */
  public static NDArray fromFloats(NDManager scope, float[] values, long... shape) {
    NDArray tensor = empty(scope, Dtype.FLOAT32, shape);
    copyFrom(tensor, values, 0);
    return tensor;
  }

  /** An int64 tensor of these values, copied: token ids, places. */
  public static NDArray fromLongs(NDManager scope, long[] values, long... shape) {
    NDArray tensor = empty(scope, Dtype.INT64, shape);
    if (tensor.getDevice().isGpu()) {
      tensor.set(LongBuffer.wrap(values));
    } else {
      memory(tensor).asLongBuffer().put(values);
    }
    return tensor;
  }

  /**
   * A tensor of any values, in memory that libtorch owns: DJL's own creation leaves it to Java's
   * garbage collector.
   */
  public static NDArray empty(NDManager scope, Dtype dtype, long... shape) {
    if (!isCarried(dtype)) {
      return scope.create(new Shape(shape), carrier(dtype));
    }
    Device device = scope.getDevice();
    String name = device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
    return EMPTY.tensor(scope, shape, (long) dtype.scalarType(), name);
  }

  /** The same of another tensor's shape and type. */
  public static NDArray emptyLike(NDManager scope, NDArray other) {
    return EMPTY_LIKE.tensor(scope, other);
  }

  public static NDArray zeros(NDManager scope, Dtype dtype, long... shape) {
    NDArray carrier = scope.zeros(new Shape(shape), carrier(dtype));
    return isCarried(dtype)
        ? REINTERPRET.tensor(scope, carrier, (long) dtype.scalarType())
        : carrier;
  }

  /** A copy in another type (or the same), rounded to nearest even. */
  public static NDArray cast(NDManager scope, NDArray tensor, Dtype dtype) {
    return CAST.tensor(scope, tensor, (long) dtype.scalarType());
  }

  /** Overwrites a tensor, in place, with values of any type and of its shape; rounded as above. */
  public static void copyInto(NDArray target, NDArray values) {
    OVERWRITE.tensor(target.getManager(), target, values).close();
  }

  /** The tensor in the type of another: itself if it has that type, else a copy. */
  public static NDArray asTypeOf(NDManager scope, NDArray tensor, NDArray other) {
    return AS_TYPE_OF.tensor(scope, tensor, other);
  }

  public static Dtype dtype(NDArray tensor) {
    return Dtype.ofScalarType(ELEMENT_TYPE.number(tensor));
  }

  /**
   * Returns when all that was asked of the tensor's device before is done; on a CPU it always is.
   */
  public static void await(NDArray tensor) {
    AWAIT.unobservedNumber(tensor);
  }

  /** The elements, row-major and little-endian, in a buffer of their own (at most 2 GiB). */
  public static ByteBuffer toBytes(NDArray tensor) {
    return tensor.toByteBuffer(false).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The same in direct memory, which {@link #fromBytes} takes. */
  public static ByteBuffer toDirectBytes(NDArray tensor) {
    ByteBuffer bytes = toBytes(tensor);
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    return direct.put(bytes).flip();
  }

  /** Overwrites an fp32 tensor, in place, with values[offset ...]. */
  public static void copyFrom(NDArray target, float[] values, int offset) {
    int size = Math.toIntExact(target.size());
    if (target.getDevice().isGpu()) {
      target.set(FloatBuffer.wrap(values, offset, size).slice());
    } else {
      memory(target).asFloatBuffer().put(values, offset, size);
    }
  }

  /**
   * Overwrites a tensor of any type, in place, with such little-endian bytes as {@link #toBytes}.
   */
  public static void copyFrom(NDArray target, ByteBuffer bytes) {
    if (target.getDevice().isGpu()) {
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining());
      target.set(direct.order(ByteOrder.LITTLE_ENDIAN).put(bytes.duplicate()).flip());
    } else {
      memory(target).put(bytes.duplicate());
    }
  }

  /** Copies an fp32 tensor to target[offset ...]. */
  public static void copyTo(NDArray tensor, float[] target, int offset) {
    memory(tensor).asFloatBuffer().get(target, offset, Math.toIntExact(tensor.size()));
  }

  /** A B in A's type. A [m, k], B [k, n] of the same type. */
  public static NDArray matmul(NDManager scope, NDArray a, NDArray b) {
    return MATMUL.tensor(scope, a, b);
  }

  /** W + factor * D in fp32, rounded once to W's type. Both of the same shape. */
  public static NDArray addScaled(NDManager scope, NDArray w, NDArray d, double factor) {
    return ADD_SCALED.tensor(scope, w, d, factor);
  }

  /** The largest absolute difference of two tensors, taken in fp64. */
  public static double maxAbsDifference(NDArray a, NDArray b) {
    try (NDManager scope = a.getManager().newSubManager();
        NDArray largest = MAX_ABS_DIFFERENCE.tensor(scope, a, b)) {
      return largest.getDouble();
    }
  }

  /**
   * The tensor's own memory, little-endian, if it is contiguous on the CPU; else a copy. It is gone
   * when the tensor is.
   */
  public static ByteBuffer memory(NDArray tensor) {
    return tensor.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** DJL ends the process when asked for bfloat16 or int16: these come in under another name. */
  private static boolean isCarried(Dtype dtype) {
    return dtype == Dtype.BFLOAT16 || dtype == Dtype.INT16;
  }

  private static DataType carrier(Dtype dtype) {
    return switch (dtype) {
      case FLOAT64 -> DataType.FLOAT64;
      case FLOAT32 -> DataType.FLOAT32;
      case FLOAT16, BFLOAT16, INT16 -> DataType.FLOAT16;
      case INT64 -> DataType.INT64;
      case INT32 -> DataType.INT32;
      case INT8 -> DataType.INT8;
      case UINT8 -> DataType.UINT8;
      case BOOL -> DataType.BOOLEAN;
    };
  }
}
