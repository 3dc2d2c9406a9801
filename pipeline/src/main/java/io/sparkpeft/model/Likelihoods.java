package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.HeadKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Log-likelihoods of continuations. */
public final class Likelihoods {
  /** Tokens of one batch, unless a single text has more. */
  private static final int BATCH_TOKENS = 4096;

  private final Decoder decoder;
  private final Optional<Adapter> adapter;
  private final List<Continuation> texts;
  private final LogLikelihood[] results;

  private Likelihoods(Decoder decoder, Optional<Adapter> adapter, List<Continuation> texts) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.texts = texts;
    this.results = new LogLikelihood[texts.size()];
  }

  /**
   * Scores each continuation, in the given order. Batches are made inside, by length; the result
   * does not depend on them but for rounding.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if a text is longer than the model's context
   */
  public static List<LogLikelihood> score(
      Decoder decoder, Optional<Adapter> adapter, List<Continuation> continuations) {
    continuations.forEach(text -> decoder.checkLength(adapter, inputs(text).length));
    return new Likelihoods(decoder, adapter, continuations).score();
  }

  private List<LogLikelihood> score() {
    List<Integer> byLength =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -texts.get(i).tokens().length))
            .toList();
    int from = 0;
    while (from < byLength.size()) {
      int longest = Math.max(1, texts.get(byLength.get(from)).tokens().length - 1);
      int to = Math.min(from + Math.max(1, BATCH_TOKENS / longest), byLength.size());
      score(byLength.subList(from, to));
      from = to;
    }
    return Arrays.asList(results);
  }

  private void score(List<Integer> batch) {
    List<int[]> read = batch.stream().map(i -> inputs(texts.get(i))).toList();
    Targets targets = targets(batch);
    double[] likely = new double[targets.rows().length];
    boolean[] greedy = new boolean[targets.rows().length];
    try (NDManager scope = decoder.newScope()) {
      Pass pass = decoder.pass(scope, adapter, Documents.of(read));
      NDArray x = decoder.hidden(pass, Documents.joined(read));
      int from = 0;
      for (Targets chunk : targets.chunks(decoder.head().chunkRows())) {
        try (NDManager inner = scope.newSubManager()) {
          NDArray logits = decoder.head().logits(pass.in(inner), x, chunk.rows());
          List<NDArray> scores =
              HeadKernels.logLikelihood(
                  inner, logits, Tensors.fromLongs(inner, chunk.ids(), chunk.ids().length));
          int count = chunk.rows().length;
          System.arraycopy(scores.get(0).toDoubleArray(), 0, likely, from, count);
          System.arraycopy(scores.get(1).toBooleanArray(), 0, greedy, from, count);
          from += count;
        }
      }
    }
    collect(batch, likely, greedy);
  }

  /** The continuation's tokens of each text, one text after another. */
  private Targets targets(List<Integer> batch) {
    int count = batch.stream().mapToInt(i -> length(texts.get(i))).sum();
    long[] rows = new long[count];
    long[] ids = new long[count];
    int next = 0;
    long first = 0;
    for (int index : batch) {
      Continuation text = texts.get(index);
      for (int position = text.from(); position < text.tokens().length; position++) {
        rows[next] = first + position - 1;
        ids[next++] = text.tokens()[position];
      }
      first += inputs(text).length;
    }
    return new Targets(rows, ids);
  }

  private void collect(List<Integer> batch, double[] likely, boolean[] greedy) {
    int next = 0;
    for (int i : batch) {
      double sum = 0;
      boolean all = true;
      for (int end = next + length(texts.get(i)); next < end; next++) {
        sum += likely[next];
        all &= greedy[next];
      }
      results[i] = new LogLikelihood(sum, all);
    }
  }

  private static int length(Continuation text) {
    return text.tokens().length - text.from();
  }

  /** What the model reads: all tokens but the last, which is only a target. */
  private static int[] inputs(Continuation text) {
    return Arrays.copyOf(text.tokens(), text.tokens().length - 1);
  }
}
