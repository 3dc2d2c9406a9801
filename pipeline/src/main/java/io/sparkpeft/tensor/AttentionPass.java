package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Goes through all heads and documents, between their tensors and {@link HeadAttention}. Key heads
 * K, queries per key head G, tokens N, features D.
 */
final class AttentionPass {
  private static final ThreadLocal<HeadAttention> SCRATCH = new ThreadLocal<>();

  private final Lanes lanes;
  private final int keyHeads;
  private final int groups;
  private final int tokens;
  private final int allKeys;
  private final int features;
  private final float scale;
  private final long[] lengths;
  private final long[] pasts;
  private final HeadRows q;
  private final HeadRows k;
  private final HeadRows v;
  private final HeadRows y;
  private final FloatBuffer statistics; // [K, G, 2, N]
  private final HeadAttention head;

  AttentionPass(Lanes lanes, Heads heads, Mixed mixed, long[] lengths, long[] pasts, double scale) {
    this.lanes = lanes;
    long[] shape = heads.q().getShape().getShape();
    this.keyHeads = Math.toIntExact(shape[0]);
    this.tokens = Math.toIntExact(shape[1]);
    this.groups = Math.toIntExact(shape[2]);
    this.features = Math.toIntExact(shape[3]);
    this.allKeys = Math.toIntExact(heads.k().getShape().get(1));
    this.scale = (float) scale;
    this.lengths = lengths;
    this.pasts = pasts;
    this.q = rows(heads.q());
    this.k = rows(heads.k());
    this.v = rows(heads.v());
    this.y = rows(mixed.y());
    this.statistics = Tensors.memory(mixed.sums().orElseThrow()).asFloatBuffer();
    this.head = scratch();
  }

  /** One for each thread, since it is too large to be made for every layer. */
  private HeadAttention scratch() {
    int needed = Math.toIntExact(AttentionKernels.mostKeys(lengths, pasts));
    HeadAttention last = SCRATCH.get();
    if (last == null || !last.fits(lanes, features, needed)) {
      last = new HeadAttention(lanes, features, needed);
      SCRATCH.set(last);
    }
    return last;
  }

  /** One document's part of one key head. */
  private record Part(int keyHead, int firstToken, int length, int firstKey, int past) {}

  private List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (int keyHead = 0; keyHead < keyHeads; keyHead++) {
      int token = 0;
      int key = 0;
      for (int i = 0; i < lengths.length; i++) {
        int length = Math.toIntExact(lengths[i]);
        int past = Math.toIntExact(pasts[i]);
        parts.add(new Part(keyHead, token, length, key, past));
        token += length;
        key += past + length;
      }
    }
    return parts;
  }

  /** With the part's keys and values, and each block's queries, before the work. */
  private void forEachBlock(Part part, Consumer<Block> work) {
    readKeys(part);
    for (int group = 0; group < groups; group++) {
      for (int i = 0; i < part.length(); i += HeadAttention.BLOCK) {
        Block block = new Block(part, group, i);
        readQueries(block);
        work.accept(block);
      }
    }
  }

  /** Into the tensors of the result. */
  void forward() {
    for (Part part : parts()) {
      forEachBlock(
          part,
          block -> {
            head.forward(block.past());
            y.write(block.resultRow(), resultStep(), block.rows(), head.y, head.stride());
            statistics.put(block.statistic(0), head.top, 0, block.rows());
            statistics.put(block.statistic(1), head.inverse, 0, block.rows());
          });
    }
  }

  /**
   * @param gy [N, K G D]
   * @param gradients receives those of the heads
   */
  void backward(NDArray gy, Heads gradients) {
    HeadRows gResult = rows(gy);
    HeadRows gq = rows(gradients.q());
    HeadRows gk = rows(gradients.k());
    HeadRows gv = rows(gradients.v());
    for (Part part : parts()) {
      forEachBlock(
          part,
          block -> {
            readBlock(y, block.resultRow(), resultStep(), block.rows(), head.y);
            readBlock(gResult, block.resultRow(), resultStep(), block.rows(), head.gy);
            readStatistic(block, 0, head.top);
            readStatistic(block, 1, head.inverse);
            head.backward(block.past(), scale);
            gq.write(block.queryRow(), groups, block.rows(), head.gq, head.stride());
          });
      int count = part.past() + part.length();
      gk.write(keyRow(part), 1, count, head.keyGradients, head.stride());
      gv.write(keyRow(part), 1, count, head.valueGradients, head.stride());
    }
  }

  private HeadRows rows(NDArray tensor) {
    return HeadRows.of(tensor, features, lanes);
  }

  /** Rows of one head's results from one token's to the next's. */
  private int resultStep() {
    return keyHeads * groups;
  }

  /** {@value HeadAttention#BLOCK} positions or what is left of a document. */
  private final class Block {
    private final Part part;
    private final int group;
    private final int from;

    Block(Part part, int group, int from) {
      this.part = part;
      this.group = group;
      this.from = from;
    }

    int rows() {
      return Math.min(HeadAttention.BLOCK, part.length() - from);
    }

    /** Keys before that of its first position. */
    int past() {
      return part.past() + from;
    }

    private int token() {
      return part.firstToken() + from;
    }

    /** In q [K, N, G, D]. */
    int queryRow() {
      return (part.keyHead() * tokens + token()) * groups + group;
    }

    /** In y [N, K, G, D]. */
    int resultRow() {
      return (token() * keyHeads + part.keyHead()) * groups + group;
    }

    /** In the statistics [K, G, 2, N]. */
    int statistic(int which) {
      return ((part.keyHead() * groups + group) * 2 + which) * tokens + token();
    }
  }

  /** In k and v [K, keys, D]. */
  private int keyRow(Part part) {
    return part.keyHead() * allKeys + part.firstKey();
  }

  private void readKeys(Part part) {
    int count = part.past() + part.length();
    k.read(keyRow(part), 1, count, head.keys, features);
    v.read(keyRow(part), 1, count, head.values, features);
    head.clear(count);
  }

  private void readQueries(Block block) {
    readBlock(q, block.queryRow(), groups, block.rows(), head.q);
    for (int i = 0; i < head.q.length; i++) {
      head.q[i] *= scale;
    }
  }

  private void readBlock(HeadRows from, int first, int step, int rows, float[] to) {
    from.read(first, step, rows, to, head.stride());
    Arrays.fill(to, rows * head.stride(), to.length, 0);
  }

  private void readStatistic(Block block, int which, float[] to) {
    statistics.get(block.statistic(which), to, 0, block.rows());
    Arrays.fill(to, block.rows(), to.length, 0);
  }
}
