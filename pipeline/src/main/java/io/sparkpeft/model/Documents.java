package io.sparkpeft.model;

import java.util.Arrays;
import java.util.List;

/**
 * Documents that lie one after another in the rows of activations [tokens, features]. One may go on
 * from an earlier one, as several texts do that begin alike: it sees all of that, which is computed
 * once.
 *
 * @param lengths tokens of each
 * @param stems the earlier document that each goes on from; {@link #NONE} where a text begins
 */
record Documents(long[] lengths, long[] stems) {
  static final long NONE = -1;

  /** Each of them a text of its own. */
  Documents(long[] lengths) {
    this(lengths, none(lengths.length));
  }

  private static long[] none(int documents) {
    long[] stems = new long[documents];
    Arrays.fill(stems, NONE);
    return stems;
  }

  static Documents of(int[] lengths) {
    return new Documents(Arrays.stream(lengths).asLongStream().toArray());
  }

  static Documents of(List<int[]> tokens) {
    return new Documents(tokens.stream().mapToLong(document -> document.length).toArray());
  }

  int tokens() {
    return Math.toIntExact(Arrays.stream(lengths).sum());
  }

  int longest() {
    return Math.toIntExact(Arrays.stream(lengths).max().orElse(0));
  }

  /** Whether any goes on from another. */
  boolean areBranched() {
    return Arrays.stream(stems).anyMatch(stem -> stem != NONE);
  }

  /** The positions of their first tokens in their texts. */
  long[] begins() {
    long[] begins = new long[lengths.length];
    for (int i = 0; i < begins.length; i++) {
      if (stems[i] != NONE) {
        int stem = Math.toIntExact(stems[i]);
        begins[i] = begins[stem] + lengths[stem];
      }
    }
    return begins;
  }

  /** How long their texts are at their ends. */
  long[] ends() {
    long[] ends = begins();
    Arrays.setAll(ends, i -> ends[i] + lengths[i]);
    return ends;
  }

  /** The position of every token in its text. */
  long[] positions() {
    long[] begins = begins();
    long[] positions = new long[tokens()];
    int next = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (long place = 0; place < lengths[i]; place++) {
        positions[next++] = begins[i] + place;
      }
    }
    return positions;
  }

  /** For every token, the value of its document. */
  long[] spread(long[] values) {
    long[] spread = new long[tokens()];
    int next = 0;
    for (int i = 0; i < lengths.length; i++) {
      Arrays.fill(spread, next, next + Math.toIntExact(lengths[i]), values[i]);
      next += Math.toIntExact(lengths[i]);
    }
    return spread;
  }

  /** The rows of their first tokens. */
  long[] firstRows() {
    long[] rows = new long[lengths.length];
    for (int i = 1; i < rows.length; i++) {
      rows[i] = rows[i - 1] + lengths[i - 1];
    }
    return rows;
  }

  /** All tokens in one array. */
  static int[] joined(List<int[]> documents) {
    return documents.stream().flatMapToInt(Arrays::stream).toArray();
  }
}
