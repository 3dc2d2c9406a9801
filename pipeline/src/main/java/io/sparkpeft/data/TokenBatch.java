package io.sparkpeft.data;

import java.util.Arrays;

/**
 * One micro-batch: documents of any lengths, one after another and nothing between them. Positions
 * start at 0 in each document, and none sees another.
 *
 * @param lengths tokens of each document [B]
 * @param tokens token ids of all documents [N]
 * @param targets whether the token at this place is to be predicted (from those before it in its
 *     document) [N]; a document's first never is
 * @param samples the sample index of each document, which keys its dropout [B]
 */
public record TokenBatch(int[] lengths, int[] tokens, boolean[] targets, long[] samples) {

  public TokenBatch {
    int all = Arrays.stream(lengths).sum();
    if (tokens.length != all || targets.length != all) {
      throw new IllegalArgumentException(
          "%d tokens and %d targets for documents of %d"
              .formatted(tokens.length, targets.length, all));
    }
    if (samples.length != lengths.length) {
      throw new IllegalArgumentException(
          "%d samples for %d documents".formatted(samples.length, lengths.length));
    }
    int first = 0;
    for (int length : lengths) {
      if (length > 0 && targets[first]) {
        throw new IllegalArgumentException("nothing comes before token " + first);
      }
      first += length;
    }
  }

  /** Of the longest document. */
  public int longest() {
    return Arrays.stream(lengths).max().orElse(0);
  }

  public int targetCount() {
    int count = 0;
    for (boolean target : targets) {
      count += target ? 1 : 0;
    }
    return count;
  }
}
