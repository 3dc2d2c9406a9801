package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.HeadKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The end of a decoder: a norm and the projection onto the vocabulary. It is computed only in the
 * places where something is predicted, a chunk of them at a time, so that all logits never exist
 * together.
 *
 * @param norm empty where the last layer ends with one
 * @param softCap c of c tanh(logit / c), if logits are capped
 * @param filler of chunks that are not whole
 */
record Head(Optional<Norm> norm, Linear projection, OptionalDouble softCap, Filler filler) {
  /** What the logits of one chunk may take in fp32. */
  private static final long CHUNK_BYTES = 16L << 20;

  /** Places in one chunk. */
  static int chunkRows(long vocabulary) {
    return (int) Math.max(1, CHUNK_BYTES / (Float.BYTES * vocabulary));
  }

  /** The places in parts, each computed by itself; the last is filled up. */
  List<Targets> chunks(Targets targets) {
    int most = chunkRows(projection.weight().out());
    return targets.chunks(most).stream().map(chunk -> filler.fill(chunk, most)).toList();
  }

  /** Logits [rows, vocabulary]. x [tokens, hidden]; rows: those wanted, ascending. */
  NDArray logits(Pass pass, NDArray x, long[] rows) {
    NDArray chosen = choose(pass, x, rows);
    Pass there = pass.atRows(rows);
    return capped(pass, projection.forward(there, normed(there, chosen)).output());
  }

  private NDArray normed(Pass pass, NDArray x) {
    return norm.map(present -> present.forward(pass, x)).orElse(x);
  }

  private NDArray capped(Pass pass, NDArray logits) {
    return softCap.isPresent()
        ? HeadKernels.softCap(pass.scope(), logits, softCap.getAsDouble())
        : logits;
  }

  /**
   * @param loss summed over the places, in nats
   * @param gradient of the head's input; empty if nothing below wants it
   */
  record Result(double loss, Optional<NDArray> gradient) {}

  /**
   * The loss and, at once, its gradient.
   *
   * @param x [tokens, hidden]
   * @param targets what is predicted and where; not empty
   * @param scale multiplies the gradient
   * @param carry whether the gradient of x is wanted
   */
  Result lossAndGradient(Pass pass, NDArray x, Targets targets, double scale, boolean carry) {
    double loss = 0;
    List<NDArray> gradients = new ArrayList<>();
    for (Targets chunk : chunks(targets)) {
      try (NDManager scope = pass.scope().newSubManager()) {
        Result result = ofChunk(pass.in(scope), x, chunk, scale, carry);
        loss += result.loss();
        result.gradient().ifPresent(gradient -> gradient.attach(pass.scope()));
        result.gradient().ifPresent(gradients::add);
      }
    }
    return new Result(
        loss, carry ? Optional.of(scatter(pass, gradients, targets, x)) : Optional.empty());
  }

  private Result ofChunk(Pass whole, NDArray x, Targets chunk, double scale, boolean carry) {
    Pass pass = whole.withDropout(whole.dropout().at(chunk.rows()));
    NDArray chosen = choose(pass, x, chunk.rows());
    Linear.Saved saved = projection.forward(pass, normed(pass, chosen));
    NDArray logits = capped(pass, saved.output());
    NDArray ids = Tensors.fromLongs(pass.scope(), chunk.ids(), chunk.ids().length);
    NDArray into = softCap.isPresent() ? Tensors.emptyLike(pass.scope(), logits) : logits;
    HeadKernels.Loss loss =
        HeadKernels.crossEntropy(pass.scope(), logits, ids, scale, into, pass.rowWork());
    boolean carryToNorm = carry || norm.filter(n -> n.isTrained(pass)).isPresent();
    Optional<NDArray> gradient =
        projection
            .backward(pass, uncapped(pass, loss.gradient(), logits), saved.trace(), carryToNorm)
            .map(g -> beforeNorm(pass, g, chosen))
            .map(g -> EmbeddingKernels.rows(pass.scope(), g, 0, chunk.ids().length));
    return new Result(loss.nats(), gradient.filter(g -> carry));
  }

  private NDArray uncapped(Pass pass, NDArray g, NDArray logits) {
    return softCap.isPresent()
        ? HeadKernels.softCapVjp(pass.scope(), g, logits, softCap.getAsDouble())
        : g;
  }

  private NDArray beforeNorm(Pass pass, NDArray g, NDArray x) {
    return norm.map(present -> present.backward(pass, List.of(g), x)).orElse(g);
  }

  private static NDArray choose(Pass pass, NDArray x, long[] rows) {
    return EmbeddingKernels.embedding(
        pass.scope(), x, Tensors.fromLongs(pass.scope(), rows, rows.length));
  }

  private static NDArray scatter(Pass pass, List<NDArray> parts, Targets targets, NDArray x) {
    NDArray places = Tensors.fromLongs(pass.scope(), targets.rows(), targets.rows().length);
    return EmbeddingKernels.selectRowsVjp(pass.scope(), parts, places, x.getShape().get(0));
  }
}
