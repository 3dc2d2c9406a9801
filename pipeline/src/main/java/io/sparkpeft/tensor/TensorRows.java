package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * A contiguous tensor in a CPU's memory in which each head has a row of numbers for each token,
 * read and written as fp32. What has no heads is all of head 0.
 */
abstract class TensorRows {
  /** Numbers that are converted at a time. */
  private static final int CHUNK = 1024;

  private final int headStep;
  private final int tokenStep;

  private TensorRows(int headStep, int tokenStep) {
    this.headStep = headStep;
    this.tokenStep = tokenStep;
  }

  /**
   * Of a tensor in fp32 or bfloat16.
   *
   * @param headStep numbers from one head's row to the next one's of the same token
   * @param tokenStep numbers from one token's row to the next one's of the same head
   */
  static TensorRows of(NDArray tensor, int headStep, int tokenStep, Lanes lanes) {
    ByteBuffer memory = Tensors.memory(tensor);
    return memory.remaining() == tensor.size() * Float.BYTES
        ? new Full(memory.asFloatBuffer(), headStep, tokenStep)
        : new Half(memory.asShortBuffer(), headStep, tokenStep, lanes);
  }

  /** Copies numbers from a row's begin on. Of what lies behind them, less than a group is lost. */
  final void read(int head, int token, int count, float[] to, int toAt) {
    get(head * headStep + token * tokenStep, count, to, toAt);
  }

  /** The other way round; a whole number of groups of lanes is read. */
  final void write(int head, int token, int count, float[] from, int fromAt) {
    put(head * headStep + token * tokenStep, count, from, fromAt);
  }

  /** Whether the tensor is in bfloat16. */
  abstract boolean areHalves();

  abstract void get(int at, int count, float[] to, int toAt);

  abstract void put(int at, int count, float[] from, int fromAt);

  private static final class Full extends TensorRows {
    private final FloatBuffer memory;

    Full(FloatBuffer memory, int headStep, int tokenStep) {
      super(headStep, tokenStep);
      this.memory = memory;
    }

    @Override
    boolean areHalves() {
      return false;
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

  private static final class Half extends TensorRows {
    private final ShortBuffer memory;
    private final Lanes lanes;
    private final short[] halves = new short[CHUNK];

    Half(ShortBuffer memory, int headStep, int tokenStep, Lanes lanes) {
      super(headStep, tokenStep);
      this.memory = memory;
      this.lanes = lanes;
    }

    @Override
    boolean areHalves() {
      return true;
    }

    @Override
    void get(int at, int count, float[] to, int toAt) {
      for (int done = 0; done < count; done += CHUNK) {
        int chunk = Math.min(CHUNK, count - done);
        memory.get(at + done, halves, 0, chunk);
        lanes.widen(halves, wholeLanes(chunk), to, toAt + done);
      }
    }

    @Override
    void put(int at, int count, float[] from, int fromAt) {
      for (int done = 0; done < count; done += CHUNK) {
        int chunk = Math.min(CHUNK, count - done);
        lanes.narrow(from, fromAt + done, wholeLanes(chunk), halves);
        memory.put(at + done, halves, 0, chunk);
      }
    }
  }

  /** The next whole number of lanes. */
  static int wholeLanes(int count) {
    return (count + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
  }
}
