package io.sparkpeft.model;

import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.tensor.Arithmetic;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Brings the rows that a training step multiplies up to a multiple, where products are compiled for
 * every number of rows ({@link Arithmetic#rowMultiple}). What is added predicts nothing, so its
 * gradient is zero and no weight learns from it; nobody outside a pass sees it. Which rows are
 * added is a function of the batch alone, so that every rank computes the same bits.
 *
 * @param multiple 1 adds nothing
 */
record Filler(int multiple) {

  static Filler of(Arithmetic arithmetic) {
    return new Filler(arithmetic.rowMultiple());
  }

  /**
   * The batch with documents behind its own that repeat the beginning of its longest: they are no
   * longer than what the model's context has room for, and their activations are none that the
   * batch does not have, so that nothing overflows in them alone.
   */
  TokenBatch fill(TokenBatch batch) {
    int own = batch.tokens().length;
    int missing = missing(own);
    if (missing == 0) {
      return batch;
    }
    int longest = batch.longest();
    int documents = batch.lengths().length;
    int pieces = (missing + longest - 1) / longest;
    int[] lengths = Arrays.copyOf(batch.lengths(), documents + pieces);
    long[] samples = Arrays.copyOf(batch.samples(), documents + pieces);
    int[] tokens = Arrays.copyOf(batch.tokens(), own + missing);
    int repeated = indexOf(longest, batch.lengths());
    int from = Arrays.stream(batch.lengths()).limit(repeated).sum();
    int filled = own;
    for (int i = documents; i < lengths.length; i++) {
      lengths[i] = Math.min(longest, tokens.length - filled);
      samples[i] = batch.samples()[repeated];
      System.arraycopy(tokens, from, tokens, filled, lengths[i]);
      filled += lengths[i];
    }
    return new TokenBatch(lengths, tokens, Arrays.copyOf(batch.targets(), tokens.length), samples);
  }

  /**
   * The places with the last of them repeated, for which there are no ids.
   *
   * @param most places that there may be in the end
   */
  Targets fill(Targets targets, int most) {
    int own = targets.rows().length;
    int all = Math.max(own, Math.min(own + missing(own), most));
    long[] rows = Arrays.copyOf(targets.rows(), all);
    Arrays.fill(rows, own, all, rows[own - 1]);
    return new Targets(rows, targets.ids());
  }

  /**
   * The rows, and others of all that there are where some are missing; at least one.
   *
   * @param rows ascending
   * @param all how many rows there are
   * @return ascending
   */
  long[] fill(long[] rows, int all) {
    int fewest = Math.max(1, rows.length);
    int more = Math.min(fewest + missing(fewest), all) - rows.length;
    LongStream others =
        LongStream.range(0, all).filter(row -> Arrays.binarySearch(rows, row) < 0).limit(more);
    return LongStream.concat(Arrays.stream(rows), others).sorted().toArray();
  }

  private int missing(int rows) {
    return Math.floorMod(-rows, multiple);
  }

  private static int indexOf(int value, int[] values) {
    int index = 0;
    while (values[index] != value) {
      index++;
    }
    return index;
  }
}
