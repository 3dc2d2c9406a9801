package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.HeadKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Log-likelihoods of continuations. */
public final class Likelihoods {
  /** Tokens that one batch reads, unless a single text has more. */
  private static final int BATCH_TOKENS = 4096;

  /** Tokens of one batch's texts, which its attention has keys and values of. */
  private static final int BATCH_KEYS = 4 * BATCH_TOKENS;

  private final Decoder decoder;
  private final AdapterOrder order;
  private final List<Continuation> texts;
  private final LogLikelihood[] results;

  private Likelihoods(Decoder decoder, AdapterOrder order, List<Continuation> texts) {
    this.decoder = decoder;
    this.order = order;
    this.texts = texts;
    this.results = new LogLikelihood[texts.size()];
  }

  /**
   * Scores each continuation, in the given order. Batches are made inside, so that what texts begin
   * with alike is read once; the result does not depend on them but for rounding.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if a text is longer than the model's context
   */
  public static List<LogLikelihood> score(
      Decoder decoder, Optional<Adapter> adapter, List<Continuation> continuations) {
    return score(decoder, Collections.nCopies(continuations.size(), adapter), continuations);
  }

  /**
   * The same with an adapter for each of them: different ones are mixed within a batch.
   *
   * @param adapters of the continuations; empty for the base model alone
   */
  public static List<LogLikelihood> score(
      Decoder decoder, List<Optional<Adapter>> adapters, List<Continuation> continuations) {
    for (int i = 0; i < continuations.size(); i++) {
      decoder.checkLength(adapters.get(i), inputs(continuations.get(i)).length);
    }
    AdapterOrder order = AdapterOrder.of(adapters);
    Likelihoods likelihoods = new Likelihoods(decoder, order, continuations);
    order.together().forEach(likelihoods::scoreTogether);
    return Arrays.asList(likelihoods.results);
  }

  /** Texts that begin alike come into one batch, where that is read once. */
  private void scoreTogether(List<Integer> group) {
    Comparator<Integer> byTokens =
        Comparator.comparing(i -> texts.get(i).tokens(), Arrays::compare);
    List<Integer> sorted = order.sorted(group.stream().sorted(byTokens).toList());
    int from = 0;
    while (from < sorted.size()) {
      int to = end(sorted, from);
      score(sorted.subList(from, to));
      from = to;
    }
  }

  /** The end of the batch that begins there: at least one text, and as many as it has room for. */
  private int end(List<Integer> sorted, int from) {
    int[] before = {};
    long read = 0;
    long seen = 0;
    for (int end = from; end < sorted.size(); end++) {
      int[] next = texts.get(sorted.get(end)).tokens();
      read += next.length - PrefixTree.alike(before, next);
      seen += next.length;
      if (end > from && (read > BATCH_TOKENS || seen > BATCH_KEYS)) {
        return end;
      }
      before = next;
    }
    return sorted.size();
  }

  private void score(List<Integer> batch) {
    List<int[]> read = batch.stream().map(i -> inputs(texts.get(i))).toList();
    PrefixTree tree = PrefixTree.of(read, order.adaptersOf(batch), decoder.config());
    Targets targets = targets(batch, tree);
    double[] likely = new double[targets.rows().length];
    boolean[] greedy = new boolean[targets.rows().length];
    try (NDManager scope = decoder.newScope()) {
      Filler filler = Filler.of(decoder.arithmetic());
      WantedRows wanted = WantedRows.of(targets.rows(), tree.tokens().length, filler);
      Pass pass = decoder.pass(scope, tree).wanting(wanted);
      NDArray x = decoder.hidden(pass, tree.tokens());
      Pass last = pass.behindAttention();
      int from = 0;
      for (Targets chunk : decoder.head().chunks(targets.among(wanted))) {
        try (NDManager inner = scope.newSubManager()) {
          NDArray logits = decoder.head().logits(last.in(inner), x, chunk.rows());
          List<NDArray> scores =
              HeadKernels.logLikelihood(
                  inner, logits, Tensors.fromLongs(inner, chunk.ids(), chunk.ids().length));
          int count = chunk.ids().length;
          System.arraycopy(scores.get(0).toDoubleArray(), 0, likely, from, count);
          System.arraycopy(scores.get(1).toBooleanArray(), 0, greedy, from, count);
          from += count;
        }
      }
    }
    collect(batch, likely, greedy);
  }

  /** The continuation's tokens of each text, one text after another. */
  private Targets targets(List<Integer> batch, PrefixTree tree) {
    int count = batch.stream().mapToInt(i -> length(texts.get(i))).sum();
    long[] rows = new long[count];
    long[] ids = new long[count];
    PrefixTree.Rows places = tree.rows();
    int next = 0;
    for (int i = 0; i < batch.size(); i++) {
      Continuation text = texts.get(batch.get(i));
      for (int position = text.from(); position < text.tokens().length; position++) {
        rows[next] = places.of(i, position - 1);
        ids[next++] = text.tokens()[position];
      }
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
