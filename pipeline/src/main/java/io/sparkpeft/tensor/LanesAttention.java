package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import io.sparkpeft.tensor.AttentionKernels.Projections;
import io.sparkpeft.tensor.HeadAttention.Shape;
import java.util.List;
import java.util.Optional;

/**
 * Causal attention on a CPU, a block of {@value Lanes#COUNT} query positions of a head at a time
 * against all keys that they see. Scores and probabilities stay in the processor's cache; the
 * backward pass makes them again. (Dao et al. 2022, arXiv:2205.14135.) Shapes are those of {@link
 * AttentionKernels}; it computes in fp32, whatever the tensors' type is.
 */
final class LanesAttention {
  /** How observers know it. */
  private static final String NAME = "lanes_attention";

  /** Numbers of a row that are worth going to the tensors' memory for. */
  private static final int READ_TOGETHER = 256;

  private final Lanes lanes;

  LanesAttention(Lanes lanes) {
    this.lanes = lanes;
  }

  /** With this machine's vectors, which must be there. */
  static LanesAttention here() {
    return new LanesAttention(ProcessorLanes.here().lanes());
  }

  /** Whether heads of so many features can be computed. */
  static boolean takes(long features) {
    return features % Lanes.GROUPS == 0;
  }

  /** As {@link AttentionKernels#attention}. The statistics are tops and inverses [K, G, 2, N]. */
  Mixed forward(NDManager scope, Heads heads, long[] lengths, long[] pasts, double scale) {
    AttentionParts parts = parts(heads, lengths, pasts);
    return forward(scope, parts, heads.q(), HeadMemory.of(heads, lanes), still(parts), scale);
  }

  /** The same of projections, which are rotated as they are read. */
  Mixed forward(NDManager scope, Projections projections, long[] lengths, double scale) {
    AttentionParts parts = parts(projections, lengths);
    HeadMemory memory = HeadMemory.of(projections, lanes);
    return forward(scope, parts, projections.q(), memory, turns(projections), scale);
  }

  private Mixed forward(
      NDManager scope,
      AttentionParts parts,
      NDArray like,
      HeadMemory inputs,
      HeadTurns turns,
      double scale) {
    Shape heads = parts.heads();
    long tokens = parts.tokens();
    NDArray y = Tensors.empty(scope, Tensors.dtype(like), tokens, heads.queryWidth());
    NDArray statistics =
        Tensors.empty(scope, Dtype.FLOAT32, heads.heads(), heads.groups(), 2, tokens);
    Mixed mixed = new Mixed(y, Optional.of(statistics));
    KernelObservation.observe(
        NAME, () -> new AttentionPass(lanes, parts, inputs, turns, mixed, scale).forward());
    return mixed;
  }

  /** As {@link AttentionKernels#attentionVjp}. */
  Heads vjp(
      NDManager scope,
      NDArray gy,
      Mixed mixed,
      Heads heads,
      long[] lengths,
      long[] pasts,
      double scale) {
    Heads gradients =
        new Heads(
            Tensors.emptyLike(scope, heads.q()),
            Tensors.emptyLike(scope, heads.k()),
            Tensors.emptyLike(scope, heads.v()));
    AttentionParts parts = parts(heads, lengths, pasts);
    HeadMemory inputs = HeadMemory.of(heads, lanes);
    AttentionPass pass = new AttentionPass(lanes, parts, inputs, still(parts), mixed, scale);
    backward(pass, gy, HeadMemory.of(gradients, lanes));
    return gradients;
  }

  /** The gradients of the projections. */
  List<NDArray> vjp(
      NDManager scope,
      NDArray gy,
      Mixed mixed,
      Projections projections,
      long[] lengths,
      double scale) {
    Projections gradients =
        projections.with(
            Tensors.emptyLike(scope, projections.q()),
            Tensors.emptyLike(scope, projections.k()),
            Tensors.emptyLike(scope, projections.v()));
    AttentionParts parts = parts(projections, lengths);
    HeadMemory inputs = HeadMemory.of(projections, lanes);
    AttentionPass pass = new AttentionPass(lanes, parts, inputs, turns(projections), mixed, scale);
    backward(pass, gy, HeadMemory.of(gradients, lanes));
    return List.of(gradients.q(), gradients.k(), gradients.v());
  }

  private static void backward(AttentionPass pass, NDArray gy, HeadMemory gradients) {
    KernelObservation.observe(NAME + "_vjp", () -> pass.backward(gy, gradients));
  }

  private static AttentionParts parts(Heads heads, long[] lengths, long[] pasts) {
    long[] q = heads.q().getShape().getShape();
    return new AttentionParts(shape(q[0], q[2], q[3]), 1, lengths, pasts);
  }

  /** Of narrow heads, several are read together. */
  private static AttentionParts parts(Projections from, long[] lengths) {
    Shape shape = shape(from.keyHeads(), from.groups(), from.features());
    int together = Math.min(shape.heads(), Math.max(1, READ_TOGETHER / shape.features()));
    return new AttentionParts(shape, together, lengths, new long[lengths.length]);
  }

  private static Shape shape(long heads, long groups, long features) {
    return new Shape(Math.toIntExact(heads), Math.toIntExact(groups), Math.toIntExact(features));
  }

  private HeadTurns still(AttentionParts parts) {
    return HeadTurns.still(parts.heads().features(), lanes);
  }

  private HeadTurns turns(Projections from) {
    return HeadTurns.of(from.cos(), from.sin(), Math.toIntExact(from.features()), lanes);
  }
}
