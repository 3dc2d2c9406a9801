package io.sparkpeft.model;

import java.util.Arrays;
import java.util.List;

/**
 * Documents that lie one after another in the rows of activations [tokens, features].
 *
 * @param lengths tokens of each
 */
record Documents(long[] lengths) {
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

  /** The position of every token in its document. */
  long[] positions() {
    long[] positions = new long[tokens()];
    int next = 0;
    for (long length : lengths) {
      for (long position = 0; position < length; position++) {
        positions[next++] = position;
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

  /** The rows of the documents' last tokens. */
  long[] lastRows() {
    long[] rows = new long[lengths.length];
    long end = 0;
    for (int i = 0; i < rows.length; i++) {
      end += lengths[i];
      rows[i] = end - 1;
    }
    return rows;
  }

  /** All tokens in one array. */
  static int[] joined(List<int[]> documents) {
    return documents.stream().flatMapToInt(Arrays::stream).toArray();
  }
}
