package io.sparkpeft.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads micro-batches. */
public final class MicroBatches {
  private MicroBatches() {}

  /**
   * The samples one after another, in the order given.
   *
   * @param samples indexes into the file [B]
   * @param positions their places in the order over all epochs, which key their dropout [B]
   */
  public static TokenBatch batch(TokenFile file, int[] samples, long[] positions) {
    List<TokenizedExample> examples = new ArrayList<>(samples.length);
    for (int sample : samples) {
      examples.add(file.example(sample));
    }
    return batch(examples, positions);
  }

  static TokenBatch batch(List<TokenizedExample> examples, long[] positions) {
    int[] lengths = examples.stream().mapToInt(example -> example.tokens().length).toArray();
    int all = Arrays.stream(lengths).sum();
    int[] tokens = new int[all];
    boolean[] targets = new boolean[all];
    int next = 0;
    for (TokenizedExample example : examples) {
      int length = example.tokens().length;
      System.arraycopy(example.tokens(), 0, tokens, next, length);
      System.arraycopy(example.targets(), 0, targets, next, length);
      next += length;
    }
    return new TokenBatch(lengths, tokens, targets, positions);
  }
}
