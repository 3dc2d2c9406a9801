package io.sparkpeft.model;

import io.sparkpeft.data.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of activations from which something is to be predicted.
 *
 * @param rows those of one adapter beside each other, as the adapters lie
 * @param ids the token that follows each; places beyond them are there to fill, and predict nothing
 */
record Targets(long[] rows, long[] ids) {

  /** A token is predicted from the place before it. */
  static Targets of(TokenBatch batch) {
    int count = batch.targetCount();
    long[] rows = new long[count];
    long[] ids = new long[count];
    int found = 0;
    for (int i = 0; i < batch.tokens().length; i++) {
      if (batch.targets()[i]) {
        rows[found] = i - 1L;
        ids[found++] = batch.tokens()[i];
      }
    }
    return new Targets(rows, ids);
  }

  /** The same where only these rows are left. */
  Targets among(WantedRows wanted) {
    return new Targets(wanted.places(rows), ids);
  }

  /** The same places in parts of at most so many. */
  List<Targets> chunks(int most) {
    List<Targets> chunks = new ArrayList<>();
    for (int from = 0; from < rows.length; from += most) {
      int to = Math.min(from + most, rows.length);
      chunks.add(
          new Targets(Arrays.copyOfRange(rows, from, to), Arrays.copyOfRange(ids, from, to)));
    }
    return chunks;
  }
}
