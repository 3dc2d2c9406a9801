package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import java.nio.FloatBuffer;
import java.util.Arrays;

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
  private final Heads heads;
  private final Mixed mixed;
  private final FloatBuffer statistics; // [K, G, 2, N]
  private final HeadAttention head;

  AttentionPass(Lanes lanes, Heads heads, Mixed mixed, long[] lengths, long[] pasts, double scale) {
    this.lanes = lanes;
    long[] q = heads.q().getShape().getShape();
    this.keyHeads = Math.toIntExact(q[0]);
    this.tokens = Math.toIntExact(q[1]);
    this.groups = Math.toIntExact(q[2]);
    this.features = Math.toIntExact(q[3]);
    this.allKeys = Math.toIntExact(heads.k().getShape().get(1));
    this.scale = (float) scale;
    this.lengths = lengths;
    this.pasts = pasts;
    this.heads = heads;
    this.mixed = mixed;
    this.statistics = Tensors.memory(mixed.sums().orElseThrow()).asFloatBuffer();
    this.head = scratch();
  }

  /** One for each thread, since it is too large to be made for every layer. */
  private HeadAttention scratch() {
    int needed = 0;
    for (int i = 0; i < lengths.length; i++) {
      needed = Math.max(needed, Math.toIntExact(lengths[i] + pasts[i]));
    }
    HeadAttention last = SCRATCH.get();
    if (last == null || !last.fits(features, needed)) {
      last = new HeadAttention(lanes, features, needed);
      SCRATCH.set(last);
    }
    return last;
  }

  /** What one document's part of one key head is. */
  private record Part(int keyHead, int firstToken, int length, int firstKey, int past) {}

  @FunctionalInterface
  private interface PartWork {
    void on(Part part);
  }

  private void forEachPart(PartWork work) {
    for (int keyHead = 0; keyHead < keyHeads; keyHead++) {
      int token = 0;
      int key = 0;
      for (int i = 0; i < lengths.length; i++) {
        int length = Math.toIntExact(lengths[i]);
        int past = Math.toIntExact(pasts[i]);
        work.on(new Part(keyHead, token, length, key, past));
        token += length;
        key += past + length;
      }
    }
  }

  /** Into the tensors of {@code mixed}. */
  void forward() {
    HeadRows q = rows(heads.q());
    HeadRows k = rows(heads.k());
    HeadRows v = rows(heads.v());
    HeadRows y = rows(mixed.y());
    forEachPart(
        part -> {
          readKeys(part, k, v);
          for (int group = 0; group < groups; group++) {
            for (int i = 0; i < part.length(); i += HeadAttention.BLOCK) {
              Block block = new Block(part, group, i);
              readQueries(block, q);
              head.forward(part.past() + i);
              y.write(block.resultRow(), resultStep(), block.rows(), head.y, head.stride());
              statistics.put(block.statistic(0), head.top, 0, block.rows());
              statistics.put(block.statistic(1), head.inverse, 0, block.rows());
            }
          }
        });
  }

  /**
   * @param gy [N, K G D]
   * @param gradients receives those of the heads
   */
  void backward(NDArray gy, Heads gradients) {
    HeadRows q = rows(heads.q());
    HeadRows k = rows(heads.k());
    HeadRows v = rows(heads.v());
    HeadRows y = rows(mixed.y());
    HeadRows gResult = rows(gy);
    HeadRows gq = rows(gradients.q());
    HeadRows gk = rows(gradients.k());
    HeadRows gv = rows(gradients.v());
    forEachPart(
        part -> {
          readKeys(part, k, v);
          for (int group = 0; group < groups; group++) {
            for (int i = 0; i < part.length(); i += HeadAttention.BLOCK) {
              Block block = new Block(part, group, i);
              readQueries(block, q);
              readBlock(y, block.resultRow(), resultStep(), block.rows(), head.y);
              readBlock(gResult, block.resultRow(), resultStep(), block.rows(), head.gy);
              readStatistic(block, 0, head.top);
              readStatistic(block, 1, head.inverse);
              head.backward(part.past() + i, scale);
              gq.write(block.queryRow(), groups, block.rows(), head.gq, head.stride());
            }
          }
          int first = part.keyHead() * allKeys + part.firstKey();
          int count = part.past() + part.length();
          gk.write(first, 1, count, head.keyGradients, head.stride());
          gv.write(first, 1, count, head.valueGradients, head.stride());
        });
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

  private void readKeys(Part part, HeadRows k, HeadRows v) {
    int first = part.keyHead() * allKeys + part.firstKey();
    int count = part.past() + part.length();
    k.read(first, 1, count, head.keys, features);
    v.read(first, 1, count, head.values, features);
    head.clear(count);
  }

  private void readQueries(Block block, HeadRows q) {
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
