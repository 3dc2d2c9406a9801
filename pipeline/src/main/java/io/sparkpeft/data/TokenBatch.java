package io.sparkpeft.data;

/**
 * One micro-batch: rows of tokens, padded on the right to the longest row. Positions start at 0 in
 * each row, so that a causal model needs no mask: what follows a row's end is never a target.
 *
 * @param rows B
 * @param columns S
 * @param tokens token ids, row-major [B, S]
 * @param targets whether the token at this place is to be predicted (from the ones before it),
 *     row-major [B, S]; column 0 never is
 * @param lengths real tokens of each row [B]
 * @param samples the sample index of each row, which keys its dropout [B]
 */
public record TokenBatch(
    int rows, int columns, int[] tokens, boolean[] targets, int[] lengths, long[] samples) {

  public TokenBatch {
    int cells = Math.multiplyExact(rows, columns);
    if (tokens.length != cells || targets.length != cells) {
      throw new IllegalArgumentException(
          "%d tokens and %d targets for [%d, %d]"
              .formatted(tokens.length, targets.length, rows, columns));
    }
    if (lengths.length != rows || samples.length != rows) {
      throw new IllegalArgumentException(
          "%d lengths and %d samples for %d rows".formatted(lengths.length, samples.length, rows));
    }
  }

  public int targetCount() {
    int count = 0;
    for (boolean target : targets) {
      count += target ? 1 : 0;
    }
    return count;
  }

  public int tokenCount() {
    int count = 0;
    for (int length : lengths) {
      count += length;
    }
    return count;
  }
}
