package io.sparkpeft.tensor;

import java.util.Arrays;

/**
 * Attention of one document and some of its key heads: what is in the processor's cache meanwhile.
 * The heads' rows lie side by side, K D numbers of a key and K G D of a position's queries. A block
 * are {@value Lanes#COUNT} query positions, one in each lane.
 */
final class HeadAttention {
  static final int BLOCK = Lanes.COUNT;

  /** A block's last keys, which not all of its positions see, and those up to a whole group. */
  private static final int LAST_KEYS = BLOCK + Lanes.GROUPS;

  private static final float[] FUTURE = future();
  private static final float[] ONES = Lanes.ones();

  /**
   * @param heads K, key heads side by side
   * @param groups G, queries of each
   * @param features D, whole groups
   */
  record Shape(int heads, int groups, int features) {
    int keyWidth() {
      return heads * features;
    }

    int queryWidth() {
      return groups * keyWidth();
    }
  }

  /** Of the block's positions: queries; the gradients of results; results. */
  final float[] q;

  final float[] gy;
  final float[] y;

  /** The gradients of the block's queries. */
  final float[] gq;

  /** Of the document. */
  final float[] keys;

  final float[] values;

  /** Of each head by itself, where {@link #gradientRow} says. */
  final float[] keyGradients;

  final float[] valueGradients;

  /** By lanes: the highest score, and one by the sum of all powers of two of scores less that. */
  final float[] top = new float[BLOCK];

  final float[] inverse = new float[BLOCK];

  private final Lanes lanes;
  private final Shape shape;
  private final int room;
  private final int d;
  private final int queryStride;
  private final int stride;
  private final float[] keyLanes; // [K, room / 16, D, 16]
  private final float[] valueLanes;
  private final float[] scores;
  private final float[] gScores;
  private final float[] qLanes;
  private final float[] gLanes;
  private final int[] queryRows = new int[BLOCK];
  private final int[] keyRows = new int[BLOCK];
  private final float[] total = new float[BLOCK];
  private final float[] delta = new float[BLOCK];

  /**
   * @param capacity keys that a document may have
   */
  HeadAttention(Lanes lanes, Shape shape, int capacity) {
    this.lanes = lanes;
    this.shape = shape;
    this.room = TensorRows.wholeLanes(capacity + LAST_KEYS);
    this.d = shape.features();
    // Rows a power of two apart would have but a few places in the processor's cache.
    this.queryStride = shape.queryWidth() + Lanes.COUNT;
    this.stride = TensorRows.wholeLanes(d);
    int keyNumbers = room * shape.keyWidth() + Lanes.COUNT;
    int queryNumbers = BLOCK * queryStride;
    this.keys = new float[keyNumbers];
    this.values = new float[keyNumbers];
    this.keyLanes = new float[keyNumbers];
    this.valueLanes = new float[keyNumbers];
    this.keyGradients = new float[shape.heads() * room * stride];
    this.valueGradients = new float[shape.heads() * room * stride];
    this.scores = new float[room * BLOCK];
    this.gScores = new float[room * BLOCK];
    this.q = new float[queryNumbers];
    this.gy = new float[queryNumbers];
    this.y = new float[queryNumbers];
    this.gq = new float[queryNumbers];
    this.qLanes = new float[d * BLOCK];
    this.gLanes = new float[d * BLOCK];
    Arrays.setAll(queryRows, this::queryRow);
    Arrays.setAll(keyRows, this::keyRow);
  }

  /** Whether it can be used for heads of that shape and documents of so many keys. */
  boolean fits(Lanes by, Shape wanted, int keyCount) {
    return lanes == by && shape.equals(wanted) && room >= keyCount + LAST_KEYS;
  }

  /** Where a position's queries and results begin. */
  int queryRow(int position) {
    return position * queryStride;
  }

  /** Where a key or value of all heads begins. */
  int keyRow(int key) {
    return key * shape.keyWidth();
  }

  /** Where the gradient of one head's key or value begins. */
  int gradientRow(int head, int key) {
    return (head * room + key) * stride;
  }

  /**
   * When the document's keys and values are there, before {@link #forward}.
   *
   * @param past keys before those of its own tokens
   * @param length its tokens
   */
  void beginForward(int past, int length) {
    int rows = rows(past, length);
    Arrays.fill(keys, keyRow(past + length), keyRow(rows), 0);
    Arrays.fill(values, keyRow(past + length), keyRow(rows), 0);
    transposeKeys(keys, rows, keyLanes);
  }

  /** The same before {@link #backward}. */
  void beginBackward(int past, int length) {
    beginForward(past, length);
    int rows = rows(past, length);
    transposeKeys(values, rows, valueLanes);
    for (int head = 0; head < shape.heads(); head++) {
      Arrays.fill(keyGradients, gradientRow(head, 0), gradientRow(head, rows), 0);
      Arrays.fill(valueGradients, gradientRow(head, 0), gradientRow(head, rows), 0);
    }
  }

  /** Whole groups of what the document's last block reads. */
  private static int rows(int past, int length) {
    return TensorRows.wholeLanes(seen(past + (length - 1) / BLOCK * BLOCK));
  }

  private void transposeKeys(float[] from, int rows, float[] to) {
    for (int head = 0; head < shape.heads(); head++) {
      for (int row = 0; row < rows; row += BLOCK) {
        lanes.transpose(from, keyRow(row) + head * d, keyRows, d, 1, to, (head * room + row) * d);
      }
    }
  }

  /**
   * From q, keys and values to y, top and inverse.
   *
   * @param query one of the K G of a position
   * @param past keys before that of the block's first position
   */
  void forward(int query, int past, float scale) {
    int seen = score(query, past, scale);
    lanes.highest(scores, seen, top);
    lanes.raise(scores, seen, top, ONES, total);
    for (int i = 0; i < BLOCK; i++) {
      inverse[i] = 1 / total[i];
    }
    weighRows(values, keyHead(query), scores, seen, gLanes);
    lanes.transposeBack(gLanes, d, inverse, y, query * d, queryRows);
  }

  /** From q, keys, values, gy, top and inverse to gq, and onto those of keys and values. */
  void backward(int query, int past, float scale) {
    int seen = score(query, past, scale);
    int head = keyHead(query);
    int at = query * d;
    lanes.raise(scores, seen, top, inverse, total);
    lanes.transpose(gy, at, queryRows, d, scale, gLanes, 0);
    weighFeatures(valueLanes, head, gLanes, seen, gScores);
    lanes.dot(scores, gScores, seen, delta);
    lanes.multiplyDifference(scores, gScores, seen, delta);
    weighRows(keys, head, gScores, seen, gLanes);
    lanes.transposeBack(gLanes, d, ONES, gq, at, queryRows);
    spread(scores, gy, at, seen, valueGradients, head);
    spread(gScores, q, at, seen, keyGradients, head);
  }

  /** Logarithms of the base of 2, -inf of what is not seen; the result is how many keys it has. */
  private int score(int query, int past, float scale) {
    int seen = seen(past);
    lanes.transpose(q, query * d, queryRows, d, Lanes.LOG2_E * scale, qLanes, 0);
    weighFeatures(keyLanes, keyHead(query), qLanes, seen, scores);
    lanes.add(scores, past * BLOCK, FUTURE, seen - past);
    return seen;
  }

  /** Keys of a block, whole groups. */
  private static int seen(int past) {
    return (past + BLOCK + Lanes.GROUPS - 1) / Lanes.GROUPS * Lanes.GROUPS;
  }

  private int keyHead(int query) {
    return query / shape.groups();
  }

  /** Of each row of keys, the sum over features: x [d, lanes], sums [seen, lanes]. */
  private void weighFeatures(float[] transposed, int head, float[] x, int seen, float[] sums) {
    for (int row = 0; row < seen; row += Lanes.GROUPS) {
      int at = (head * room + row / BLOCK * BLOCK) * d + row % BLOCK;
      lanes.weigh(transposed, at, BLOCK, x, d, sums, row * BLOCK);
    }
  }

  /** Of each feature of keys, the sum over rows: x [seen, lanes], sums [d, lanes]. */
  private void weighRows(float[] rows, int head, float[] x, int seen, float[] sums) {
    for (int feature = 0; feature < d; feature += Lanes.GROUPS) {
      lanes.weigh(rows, head * d + feature, shape.keyWidth(), x, seen, sums, feature * BLOCK);
    }
  }

  /** Onto each row of a head's gradients, the block's rows of x by weights [seen, lanes]. */
  private void spread(float[] weights, float[] x, int at, int seen, float[] gradients, int head) {
    for (int row = 0; row < seen; row += Lanes.GROUPS) {
      int to = gradientRow(head, row);
      for (int feature = 0; feature < d; feature += BLOCK) {
        lanes.spread(
            weights, row * BLOCK, x, at + feature, queryStride, gradients, to + feature, stride);
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
