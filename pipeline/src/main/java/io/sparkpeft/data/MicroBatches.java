package io.sparkpeft.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a global step into micro-batches by place in the step, whatever the number of ranks, so that
 * each one's gradient does not depend on who computes it.
 */
public final class MicroBatches {
  private MicroBatches() {}

  /** Consecutive samples; only the last micro-batch may be shorter. */
  public static List<int[]> of(int[] samplesOfStep, int microBatchSize) {
    List<int[]> result = new ArrayList<>();
    for (int from = 0; from < samplesOfStep.length; from += microBatchSize) {
      int to = Math.min(from + microBatchSize, samplesOfStep.length);
      result.add(Arrays.copyOfRange(samplesOfStep, from, to));
    }
    return result;
  }

  /**
   * The samples as padded rows, in the order given.
   *
   * @param samples indexes into the file [B]
   * @param positions their places in the order over all epochs, which key the rows' dropout [B]
   */
  public static TokenBatch batch(TokenFile file, int[] samples, long[] positions) {
    List<TokenizedExample> examples = new ArrayList<>(samples.length);
    for (int sample : samples) {
      examples.add(file.example(sample));
    }
    return batch(examples, positions);
  }

  /** The examples as rows padded on the right with token 0, which is never a target. */
  public static TokenBatch batch(List<TokenizedExample> examples, long[] positions) {
    int rows = examples.size();
    int columns = examples.stream().mapToInt(e -> e.tokens().length).max().orElse(0);
    int[] tokens = new int[rows * columns];
    boolean[] targets = new boolean[rows * columns];
    int[] lengths = new int[rows];
    for (int row = 0; row < rows; row++) {
      TokenizedExample example = examples.get(row);
      lengths[row] = example.tokens().length;
      System.arraycopy(example.tokens(), 0, tokens, row * columns, lengths[row]);
      System.arraycopy(example.targets(), 0, targets, row * columns, lengths[row]);
    }
    return new TokenBatch(rows, columns, tokens, targets, lengths, positions);
  }
}
