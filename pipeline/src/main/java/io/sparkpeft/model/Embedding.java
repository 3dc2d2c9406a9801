package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.DeltaTensor;
import io.sparkpeft.adapter.EmbeddingDelta;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * The beginning of a decoder.
 *
 * @param tokens [vocabulary, hidden], possibly of another type
 * @param compute the type that is computed in
 * @param scale multiplies a token's row
 * @param learned positions that are added
 */
record Embedding(Weight tokens, Dtype compute, double scale, Optional<LearnedPositions> learned) {

  /**
   * @param table [positions, hidden]
   * @param offset the row of position 0
   */
  record LearnedPositions(Weight table, int offset) {}

  /** [ids, hidden]. */
  NDArray forward(Pass pass, int[] ids) {
    NDArray places = pass.positions().ids();
    return pass.isMixedWhere(this::isTrained)
        ? pass.byAdapter(places, (part, own) -> embedded(part, part.adapters().own(ids), own))
        : embedded(pass, ids, places);
  }

  /**
   * The same with one adapter at most.
   *
   * @param places positions of the ids, int64 [ids]
   */
  private NDArray embedded(Pass pass, int[] ids, NDArray places) {
    NDArray rows = rows(pass, ids);
    NDArray x = adapted(pass).map(adapted -> adapted.forward(pass, rows, longs(ids))).orElse(rows);
    return learned
        .map(
            positions ->
                EmbeddingKernels.addPositions(
                    pass.scope(), x, positions.table().in(pass), places, positions.offset()))
        .orElse(x);
  }

  private NDArray rows(Pass pass, int[] ids) {
    NDArray places = pass.scope().create(ids);
    NDArray table = tokens.trained(pass).map(DeltaTensor::value).orElse(tokens.frozen());
    return Tensors.dtype(table) == compute
        ? scaledRows(pass, table, places)
        : scaledRows(pass, convertedRows(pass, table, places), numbersFrom0(pass, ids.length));
  }

  /** Those that are read alone: a whole table in another type would take much memory. */
  private NDArray convertedRows(Pass pass, NDArray table, NDArray places) {
    NDArray rows = EmbeddingKernels.embedding(pass.scope(), table, places);
    return Tensors.cast(pass.scope(), rows, compute);
  }

  private static NDArray numbersFrom0(Pass pass, int count) {
    return Tensors.fromLongs(pass.scope(), LongStream.range(0, count).toArray(), count);
  }

  private NDArray scaledRows(Pass pass, NDArray table, NDArray places) {
    return scale == 1
        ? EmbeddingKernels.embedding(pass.scope(), table, places)
        : EmbeddingKernels.scaledEmbedding(pass.scope(), table, places, scale);
  }

  private static long[] longs(int[] ids) {
    return Arrays.stream(ids).asLongStream().toArray();
  }

  private Optional<AdaptedEmbedding> adapted(Pass pass) {
    return delta(pass).map(delta -> AdaptedEmbedding.of(delta, scale));
  }

  private static Optional<EmbeddingDelta> delta(Pass pass) {
    return pass.adapter().flatMap(adapter -> adapter.embedding());
  }

  /** Whether the adapter trains anything of it, so that it wants its output's gradient. */
  boolean isTrained(Pass pass) {
    return tokens.isTrained(pass)
        || delta(pass).isPresent()
        || learned.filter(positions -> positions.table().isTrained(pass)).isPresent();
  }

  /**
   * Hands the adapter's gradients on.
   *
   * @param gy of {@link #forward}'s result, for the same ids
   */
  void backward(Pass pass, int[] ids, NDArray gy) {
    learned
        .flatMap(positions -> positions.table().trained(pass))
        .ifPresent(
            table -> {
              NDArray places = pass.positions().ids().add(learned.get().offset());
              long rows = table.value().getShape().get(0);
              pass.gradients()
                  .add(table, EmbeddingKernels.tableVjp(pass.scope(), gy, places, rows, 1));
            });
    long[] numbers = longs(ids);
    tokens
        .trained(pass)
        .ifPresent(
            table -> {
              NDArray places = Tensors.fromLongs(pass.scope(), numbers, numbers.length);
              long rows = table.value().getShape().get(0);
              pass.gradients()
                  .add(table, EmbeddingKernels.tableVjp(pass.scope(), gy, places, rows, scale));
            });
    adapted(pass).ifPresent(adapted -> adapted.backward(pass, gy, rows(pass, ids), numbers));
  }
}
