package io.sparkpeft.tensor;

import java.util.Arrays;

/**
 * Attention of one document and one key head: what is in the processor's cache meanwhile. Rows of
 * keys and values have d features; rows of everything else have room for whole groups of lanes, as
 * {@link #stride} says. A block are {@value Lanes#COUNT} query positions, one in each lane.
 */
final class HeadAttention {
  static final int BLOCK = Lanes.COUNT;

  /** Powers of two are what {@link Lanes} has. */
  private static final float LOG2_E = (float) (1 / Math.log(2));

  /** A block's last keys, which not all of its positions see, and those up to a whole group. */
  private static final int LAST_KEYS = BLOCK + Lanes.GROUPS;

  private static final float[] FUTURE = future();

  /** Of the block's queries, times the scale; the gradients of its results; its results. */
  final float[] q;

  final float[] gy;
  final float[] y;

  /** The gradients of the block's queries. */
  final float[] gq;

  /** Of the document. */
  final float[] keys;

  final float[] values;
  final float[] keyGradients;
  final float[] valueGradients;

  /** By lanes: the highest score, and one by the sum of all powers of two of scores less that. */
  final float[] top = new float[BLOCK];

  final float[] inverse = new float[BLOCK];

  private final Lanes lanes;
  private final int d;
  private final int stride;
  private final float[] scores;
  private final float[] gScores;
  private final float[] qLanes;
  private final float[] gLanes;
  private final float[] yLanes;
  private final int[] begins = new int[BLOCK];
  private final float[] total = new float[BLOCK];
  private final float[] delta = new float[BLOCK];
  private final float[] scales = new float[BLOCK];

  /**
   * @param d features of a head, whole groups
   * @param capacity keys that a document may have
   */
  HeadAttention(Lanes lanes, int d, int capacity) {
    this.lanes = lanes;
    this.d = d;
    this.stride = HeadRows.wholeLanes(d);
    int room = capacity + LAST_KEYS;
    this.keys = new float[room * d];
    this.values = new float[room * d];
    this.keyGradients = new float[room * stride];
    this.valueGradients = new float[room * stride];
    this.scores = new float[room * BLOCK];
    this.gScores = new float[room * BLOCK];
    this.q = new float[BLOCK * stride];
    this.gy = new float[BLOCK * stride];
    this.y = new float[BLOCK * stride];
    this.gq = new float[BLOCK * stride];
    this.qLanes = new float[d * BLOCK];
    this.gLanes = new float[d * BLOCK];
    this.yLanes = new float[d * BLOCK];
    Arrays.setAll(begins, i -> i * stride);
  }

  /** Whether it can be used for heads of so many features and documents of so many keys. */
  boolean fits(Lanes by, int features, int keyCount) {
    return lanes == by && d == features && keys.length >= (keyCount + LAST_KEYS) * d;
  }

  /** Zeros behind that many keys and values, and for their gradients. */
  void clear(int keyCount) {
    int room = keyCount + LAST_KEYS;
    Arrays.fill(keys, keyCount * d, room * d, 0);
    Arrays.fill(values, keyCount * d, room * d, 0);
    Arrays.fill(keyGradients, 0, room * stride, 0);
    Arrays.fill(valueGradients, 0, room * stride, 0);
  }

  /** Numbers of a row of queries, results and gradients. */
  int stride() {
    return stride;
  }

  /**
   * From q, keys and values to y, top and inverse.
   *
   * @param past keys before that of the block's first position
   */
  void forward(int past) {
    int seen = score(past);
    lanes.highest(scores, seen, top);
    lanes.raise(scores, seen, top, total);
    for (int i = 0; i < BLOCK; i++) {
      inverse[i] = 1 / total[i];
    }
    weighRows(values, scores, seen, yLanes);
    lanes.transposeBack(yLanes, d, inverse, y, begins);
  }

  /**
   * From q, keys, values, y, gy, top and inverse to gq, and onto the gradients of keys and values.
   * Multiplies the rows of gy by inverse.
   */
  void backward(int past, float scale) {
    int seen = score(past);
    lanes.raise(scores, seen, top, total);
    for (int i = 0; i < BLOCK; i++) {
      for (int feature = 0; feature < d; feature++) {
        gy[i * stride + feature] *= inverse[i];
      }
    }
    lanes.transpose(gy, begins, d, 1, gLanes);
    lanes.transpose(y, begins, d, 1, yLanes);
    lanes.dot(gLanes, yLanes, d, delta);
    weighFeatures(values, gLanes, seen, gScores);
    lanes.multiplyDifference(scores, gScores, seen, delta);
    weighRows(keys, gScores, seen, gLanes);
    Arrays.fill(scales, scale);
    lanes.transposeBack(gLanes, d, scales, gq, begins);
    spread(scores, gy, seen, valueGradients);
    spread(gScores, q, seen, keyGradients);
  }

  /** Logarithms of the base of 2, -inf of what is not seen; the result is how many keys it has. */
  private int score(int past) {
    int seen = (past + BLOCK + Lanes.GROUPS - 1) / Lanes.GROUPS * Lanes.GROUPS;
    lanes.transpose(q, begins, d, LOG2_E, qLanes);
    weighFeatures(keys, qLanes, seen, scores);
    lanes.add(scores, past * BLOCK, FUTURE, seen - past);
    return seen;
  }

  /** Of each row, the sum over features: rows [seen, d], x [d, lanes], sums [seen, lanes]. */
  private void weighFeatures(float[] rows, float[] x, int seen, float[] sums) {
    for (int row = 0; row < seen; row += Lanes.GROUPS) {
      lanes.weigh(rows, row * d, 1, d, x, d, sums, row * BLOCK);
    }
  }

  /** Of each feature, the sum over rows: rows [seen, d], x [seen, lanes], sums [d, lanes]. */
  private void weighRows(float[] rows, float[] x, int seen, float[] sums) {
    for (int feature = 0; feature < d; feature += Lanes.GROUPS) {
      lanes.weigh(rows, feature, d, 1, x, seen, sums, feature * BLOCK);
    }
  }

  /** Onto each row of gradients, the block's rows of x by weights [seen, lanes]. */
  private void spread(float[] weights, float[] x, int seen, float[] gradients) {
    for (int row = 0; row < seen; row += Lanes.GROUPS) {
      for (int feature = 0; feature < d; feature += BLOCK) {
        lanes.spread(weights, row * BLOCK, x, feature, gradients, row * stride + feature, stride);
      }
    }
  }

  /** What positions in lanes may not see of the keys from the first one's own on. */
  private static float[] future() {
    float[] future = new float[LAST_KEYS * BLOCK];
    for (int key = 0; key < LAST_KEYS; key++) {
      Arrays.fill(future, key * BLOCK, key * BLOCK + Math.min(key, BLOCK), Float.NEGATIVE_INFINITY);
    }
    return future;
  }
}
