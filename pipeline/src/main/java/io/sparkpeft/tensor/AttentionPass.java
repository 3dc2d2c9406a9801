package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import io.sparkpeft.tensor.AttentionParts.Block;
import io.sparkpeft.tensor.AttentionParts.Part;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Goes through all documents and heads, between their tensors and {@link HeadAttention}. Key heads
 * K, queries per key head G, tokens N, features D.
 */
final class AttentionPass {
  private static final ThreadLocal<HeadAttention> SCRATCH = new ThreadLocal<>();

  private final Lanes lanes;
  private final AttentionParts parts;
  private final HeadMemory inputs;
  private final HeadTurns turns;
  private final float scale;
  private final TensorRows y;
  private final FloatBuffer statistics; // [K, G, 2, N]
  private final HeadAttention head;
  private final float[] row;

  /**
   * @param turns what is done to queries and keys as they are read
   * @param scale multiplies the products of queries and keys
   */
  AttentionPass(
      Lanes lanes,
      AttentionParts parts,
      HeadMemory inputs,
      HeadTurns turns,
      Mixed mixed,
      double scale) {
    this.lanes = lanes;
    this.parts = parts;
    this.inputs = inputs;
    this.turns = turns;
    this.scale = (float) scale;
    this.y = results(mixed.y());
    this.statistics = Tensors.memory(mixed.sums().orElseThrow()).asFloatBuffer();
    this.head = scratch();
    this.row = new float[parts.partHeads().queryWidth() + Lanes.COUNT];
  }

  /** One for each thread, since it is too large to be made for every layer. */
  private HeadAttention scratch() {
    int needed = Math.toIntExact(AttentionKernels.mostKeys(parts.lengths(), parts.pasts()));
    HeadAttention last = SCRATCH.get();
    if (last == null || !last.fits(lanes, parts.partHeads(), needed)) {
      last = new HeadAttention(lanes, parts.partHeads(), needed);
      SCRATCH.set(last);
    }
    return last;
  }

  /** Into the tensors of the result. */
  void forward() {
    parts.forEach(
        part -> {
          readKeys(part);
          head.beginForward(part.past(), part.length());
          part.forEachBlock(this::forward);
        });
  }

  private void forward(Block block) {
    readQueries(block);
    for (int query = 0; query < block.queries(); query++) {
      head.forward(query, block.past(), scale);
      statistics.put(block.statistic(query, 0), head.top, 0, block.rows());
      statistics.put(block.statistic(query, 1), head.inverse, 0, block.rows());
    }
    for (int i = 0; i < block.rows(); i++) {
      y.write(block.firstHead(), block.token() + i, block.width(), head.y, head.queryRow(i));
    }
  }

  /**
   * @param gy [N, K G D]
   * @param gradients receives those of the inputs
   */
  void backward(NDArray gy, HeadMemory gradients) {
    TensorRows gResults = results(gy);
    parts.forEach(
        part -> {
          readKeys(part);
          head.beginBackward(part.past(), part.length());
          part.forEachBlock(block -> backward(block, gResults, gradients.q()));
          writeKeyGradients(part, gradients);
        });
  }

  private void backward(Block block, TensorRows gResults, TensorRows gQueries) {
    for (int i = 0; i < block.rows(); i++) {
      gResults.read(block.firstHead(), block.token() + i, block.width(), head.gy, head.queryRow(i));
    }
    clearRest(block, head.gy);
    if (isZero(head.gy, head.queryRow(block.rows()))) {
      clearGradients(block, gQueries);
      return;
    }
    readQueries(block);
    for (int query = 0; query < block.queries(); query++) {
      readStatistic(block, block.statistic(query, 0), head.top);
      readStatistic(block, block.statistic(query, 1), head.inverse);
      head.backward(query, block.past(), scale);
    }
    for (int i = 0; i < block.rows(); i++) {
      turns.back(head.gq, head.queryRow(i), block.queries(), block.from() + i, row, 0);
      gQueries.write(block.firstHead(), block.token() + i, block.width(), row, 0);
    }
  }

  /** Where nothing reads a block's results, its queries have no gradient, and give keys none. */
  private void clearGradients(Block block, TensorRows gQueries) {
    Arrays.fill(row, 0);
    for (int i = 0; i < block.rows(); i++) {
      gQueries.write(block.firstHead(), block.token() + i, block.width(), row, 0);
    }
  }

  private static boolean isZero(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (values[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private void readKeys(Part part) {
    if (part.isFirstOfDocument()) {
      turns.begin(part.firstToken(), part.length());
    }
    for (int i = 0; i < part.keys(); i++) {
      int key = part.firstKey() + i;
      inputs.k().read(part.firstHead(), key, part.keyWidth(), row, 0);
      turns.forward(row, 0, part.heads(), i, head.keys, head.keyRow(i));
      inputs.v().read(part.firstHead(), key, part.keyWidth(), head.values, head.keyRow(i));
    }
  }

  private void writeKeyGradients(Part part, HeadMemory gradients) {
    int features = parts.heads().features();
    for (int i = 0; i < part.keys(); i++) {
      int key = part.firstKey() + i;
      for (int one = 0; one < part.heads(); one++) {
        turns.back(head.keyGradients, head.gradientRow(one, i), 1, i, row, one * features);
      }
      gradients.k().write(part.firstHead(), key, part.keyWidth(), row, 0);
      for (int one = 0; one < part.heads(); one++) {
        int from = head.gradientRow(one, i);
        System.arraycopy(head.valueGradients, from, row, one * features, features);
      }
      gradients.v().write(part.firstHead(), key, part.keyWidth(), row, 0);
    }
  }

  private void readQueries(Block block) {
    for (int i = 0; i < block.rows(); i++) {
      inputs.q().read(block.firstHead(), block.token() + i, block.width(), row, 0);
      turns.forward(row, 0, block.queries(), block.from() + i, head.q, head.queryRow(i));
    }
    clearRest(block, head.q);
  }

  private void clearRest(Block block, float[] rows) {
    Arrays.fill(rows, head.queryRow(block.rows()), rows.length, 0);
  }

  private void readStatistic(Block block, int at, float[] to) {
    statistics.get(at, to, 0, block.rows());
    Arrays.fill(to, block.rows(), to.length, 0);
  }

  /**
   * @param x [N, K G D]
   */
  private TensorRows results(NDArray x) {
    return HeadMemory.ofProjection(x, parts.heads().groups() * parts.heads().features(), lanes);
  }
}
