package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * A contiguous tensor in a CPU's memory as rows of one head's features, read and written as fp32.
 */
abstract class HeadRows {
  /** Numbers that are converted at a time. */
  private static final int CHUNK = 1024;

  private final int features;

  private HeadRows(int features) {
    this.features = features;
  }

  /** Of a tensor in fp32 or bfloat16. */
  static HeadRows of(NDArray tensor, int features, Lanes lanes) {
    ByteBuffer memory = Tensors.memory(tensor);
    return Tensors.dtype(tensor) == Dtype.FLOAT32
        ? new Full(memory.asFloatBuffer(), features)
        : new Half(memory.asShortBuffer(), features, lanes);
  }

  /** Copies rows that lie {@code step} rows from each other to {@code to}, in rows of stride. */
  final void read(int first, int step, int rows, float[] to, int stride) {
    if (step == 1 && stride == features) {
      get(first * features, rows * features, to, 0);
      return;
    }
    for (int i = 0; i < rows; i++) {
      get((first + i * step) * features, features, to, i * stride);
    }
  }

  /** The other way round. */
  final void write(int first, int step, int rows, float[] from, int stride) {
    if (step == 1 && stride == features) {
      put(first * features, rows * features, from, 0);
      return;
    }
    for (int i = 0; i < rows; i++) {
      put((first + i * step) * features, features, from, i * stride);
    }
  }

  abstract void get(int at, int count, float[] to, int toAt);

  abstract void put(int at, int count, float[] from, int fromAt);

  private static final class Full extends HeadRows {
    private final FloatBuffer memory;

    Full(FloatBuffer memory, int features) {
      super(features);
      this.memory = memory;
    }

    @Override
    void get(int at, int count, float[] to, int toAt) {
      memory.get(at, to, toAt, count);
    }

    @Override
    void put(int at, int count, float[] from, int fromAt) {
      memory.put(at, from, fromAt, count);
    }
  }

  private static final class Half extends HeadRows {
    private final ShortBuffer memory;
    private final Lanes lanes;
    private final short[] halves = new short[CHUNK];
    private final float[] whole = new float[CHUNK];

    Half(ShortBuffer memory, int features, Lanes lanes) {
      super(features);
      this.memory = memory;
      this.lanes = lanes;
    }

    @Override
    void get(int at, int count, float[] to, int toAt) {
      for (int done = 0; done < count; done += CHUNK) {
        int chunk = Math.min(CHUNK, count - done);
        memory.get(at + done, halves, 0, chunk);
        lanes.widen(halves, wholeLanes(chunk), whole, 0);
        System.arraycopy(whole, 0, to, toAt + done, chunk);
      }
    }

    @Override
    void put(int at, int count, float[] from, int fromAt) {
      for (int done = 0; done < count; done += CHUNK) {
        int chunk = Math.min(CHUNK, count - done);
        System.arraycopy(from, fromAt + done, whole, 0, chunk);
        lanes.narrow(whole, 0, wholeLanes(chunk), halves);
        memory.put(at + done, halves, 0, chunk);
      }
    }
  }

  /** The next whole number of lanes. */
  static int wholeLanes(int count) {
    return (count + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
  }
}
