package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.sparkpeft.tensor.AttentionKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What makes queries, keys and values of a layer's input.
 *
 * @param linears one or three, as the shape's fusion says
 * @param norms of each head's query and key, if there are any
 */
record HeadInputs(DecoderConfig.Attention shape, List<Linear> linears, Optional<HeadNorms> norms) {

  record HeadNorms(Norm query, Norm key) {}

  /**
   * @param linears what the projections gave
   * @param raw queries [tokens, heads headDim], keys and values [tokens, kvHeads headDim]
   * @param normed the same after the heads' norms
   */
  record Saved(List<Linear.Saved> linears, List<NDArray> raw, List<NDArray> normed) {
    NDArray query() {
      return normed.get(0);
    }

    NDArray key() {
      return normed.get(1);
    }

    NDArray value() {
      return normed.get(2);
    }
  }

  int headDim() {
    return shape.headDim();
  }

  /** n [tokens, hidden]. */
  Saved forward(Pass pass, NDArray n) {
    return saved(pass, linears.stream().map(linear -> linear.forward(pass, n)).toList());
  }

  /** What {@link #forward} gives, with those of its own products that were kept. */
  Saved again(Pass pass, NDArray n, Kept kept) {
    return saved(pass, linears.stream().map(linear -> linear.again(pass, n, kept)).toList());
  }

  private Saved saved(Pass pass, List<Linear.Saved> outputs) {
    List<NDArray> raw = split(pass, outputs.stream().map(Linear.Saved::output).toList());
    List<NDArray> normed =
        norms
            .map(
                both ->
                    List.of(
                        byHead(pass, both.query(), raw.get(0)),
                        byHead(pass, both.key(), raw.get(1)),
                        raw.get(2)))
            .orElse(raw);
    return new Saved(outputs, raw, normed);
  }

  /** g: the gradients of queries, keys and values. Otherwise as {@link MlpBlock#backward}. */
  List<NDArray> backward(Pass pass, List<NDArray> g, Saved saved, boolean carry) {
    List<NDArray> gRaw =
        norms
            .map(
                both ->
                    List.of(
                        byHeadBackward(pass, both.query(), g.get(0), saved.raw().get(0)),
                        byHeadBackward(pass, both.key(), g.get(1), saved.raw().get(1)),
                        g.get(2)))
            .orElse(g);
    List<NDArray> gOutputs = splitBackward(pass, gRaw);
    List<NDArray> parts = new ArrayList<>();
    for (int i = 0; i < linears.size(); i++) {
      linears
          .get(i)
          .backward(pass, gOutputs.get(i), saved.linears().get(i).trace(), carry)
          .ifPresent(parts::add);
    }
    return parts;
  }

  boolean isAdapted(Pass pass) {
    return linears.stream().anyMatch(linear -> linear.isAdapted(pass))
        || norms
            .filter(both -> both.query().isTrained(pass) || both.key().isTrained(pass))
            .isPresent();
  }

  private List<NDArray> split(Pass pass, List<NDArray> x) {
    return switch (shape.fusion()) {
      case SEPARATE -> x;
      case STACKED ->
          AttentionKernels.splitStacked(
              pass.scope(), x.get(0), shape.queryWidth(), shape.kvWidth());
      case GROUPED ->
          AttentionKernels.splitGrouped(pass.scope(), x.get(0), groups(), shape.headDim());
    };
  }

  private List<NDArray> splitBackward(Pass pass, List<NDArray> g) {
    return switch (shape.fusion()) {
      case SEPARATE -> g;
      case STACKED -> List.of(AttentionKernels.splitStackedVjp(pass.scope(), g));
      case GROUPED ->
          List.of(AttentionKernels.splitGroupedVjp(pass.scope(), g, groups(), shape.headDim()));
    };
  }

  private int groups() {
    return shape.heads() / shape.kvHeads();
  }

  private NDArray byHead(Pass pass, Norm norm, NDArray x) {
    return norm.forward(pass, heads(x)).reshape(x.getShape());
  }

  private NDArray byHeadBackward(Pass pass, Norm norm, NDArray gy, NDArray x) {
    return norm.backward(pass, List.of(heads(gy)), heads(x)).reshape(x.getShape());
  }

  /** Every head a row of its own. */
  private NDArray heads(NDArray x) {
    return x.reshape(new Shape(-1, shape.headDim()));
  }
}
