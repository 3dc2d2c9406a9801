package io.sparkpeft.weights.torch;

import io.sparkpeft.tensor.Dtype;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a pickle of tensors is made of. */
sealed interface Pickled {
  record Text(String value) implements Pickled {}

  record Whole(long value) implements Pickled {}

  /** A truth value, a real number or None: there, but of no use to us. */
  record Other() implements Pickled {}

  /** A tuple or, while it is being filled, a list. */
  record Items(List<Pickled> values) implements Pickled {}

  /** A dict or OrderedDict, filled as the pickle goes on. */
  record Dictionary(Map<String, Pickled> values) implements Pickled {}

  /** One of the few functions and classes that may be named. */
  enum Named implements Pickled {
    ORDERED_DICT("collections.OrderedDict"),
    REBUILD_TENSOR("torch._utils._rebuild_tensor_v2"),
    REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
    DOUBLE_STORAGE("torch.DoubleStorage"),
    FLOAT_STORAGE("torch.FloatStorage"),
    HALF_STORAGE("torch.HalfStorage"),
    BFLOAT16_STORAGE("torch.BFloat16Storage"),
    LONG_STORAGE("torch.LongStorage"),
    INT_STORAGE("torch.IntStorage"),
    SHORT_STORAGE("torch.ShortStorage"),
    CHAR_STORAGE("torch.CharStorage"),
    BYTE_STORAGE("torch.ByteStorage"),
    BOOL_STORAGE("torch.BoolStorage");

    private final String name;

    Named(String name) {
      this.name = name;
    }

    static Optional<Named> of(String name) {
      return Arrays.stream(values()).filter(named -> named.name.equals(name)).findFirst();
    }

    /** The element type, if this is a storage's class. */
    Optional<Dtype> elements() {
      return switch (this) {
        case ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER -> Optional.empty();
        case DOUBLE_STORAGE -> Optional.of(Dtype.FLOAT64);
        case FLOAT_STORAGE -> Optional.of(Dtype.FLOAT32);
        case HALF_STORAGE -> Optional.of(Dtype.FLOAT16);
        case BFLOAT16_STORAGE -> Optional.of(Dtype.BFLOAT16);
        case LONG_STORAGE -> Optional.of(Dtype.INT64);
        case INT_STORAGE -> Optional.of(Dtype.INT32);
        case SHORT_STORAGE -> Optional.of(Dtype.INT16);
        case CHAR_STORAGE -> Optional.of(Dtype.INT8);
        case BYTE_STORAGE -> Optional.of(Dtype.UINT8);
        case BOOL_STORAGE -> Optional.of(Dtype.BOOL);
      };
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * Memory that tensors look into.
   *
   * @param key its entry in the archive: {@code data/<key>}
   */
  record Storage(String key, Dtype dtype, long elements) implements Pickled {}

  /**
   * A tensor as a view of a storage, in elements.
   *
   * @param offset of its first element
   */
  record View(Storage storage, long offset, long[] shape, long[] strides) implements Pickled {

    long elements() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** How many elements of the storage lie from its first to its last. */
    long span() {
      long span = 1;
      for (int axis = 0; axis < shape.length; axis++) {
        span += (shape[axis] - 1) * strides[axis];
      }
      return elements() == 0 ? 0 : span;
    }

    /** Whether its elements lie one after another, row-major. */
    boolean isContiguous() {
      long expected = 1;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        if (shape[axis] != 1 && strides[axis] != expected) {
          return false;
        }
        expected *= shape[axis];
      }
      return true;
    }
  }
}
