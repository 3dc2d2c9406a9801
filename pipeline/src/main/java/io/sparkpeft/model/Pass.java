package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.LinearDelta;
import io.sparkpeft.adapter.Prefix;
import io.sparkpeft.model.AdapterRows.Share;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.tensor.RowWork;
import io.sparkpeft.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What one call of a decoder is computed with, beside its weights.
 *
 * @param scope where results live
 * @param workspace where frozen weights are expanded
 * @param arithmetic all that decides the bits of results
 * @param adapters what changes the rows of activations
 * @param dropout masks for the adapter's inputs; none outside training
 * @param documents how the rows of activations fall into texts
 * @param positions where the rows' tokens stand in their texts
 * @param past what was read of the only text before, layer by layer; nothing where texts begin here
 * @param wanted what is wanted of a layer's result; empty for all rows
 * @param gradients where the adapter's gradients go; nowhere outside training
 */
record Pass(
    NDManager scope,
    Workspace workspace,
    Arithmetic arithmetic,
    AdapterRows adapters,
    DropoutMasks dropout,
    Documents documents,
    Positions positions,
    List<Past> past,
    Optional<WantedRows> wanted,
    GradientSink gradients) {

  /** The same, with results living elsewhere. */
  Pass in(NDManager other) {
    return new Pass(
        other,
        workspace,
        arithmetic,
        adapters,
        dropout,
        documents,
        positions,
        past,
        wanted,
        gradients);
  }

  private Pass with(
      AdapterRows otherAdapters, DropoutMasks otherDropout, Optional<WantedRows> rows) {
    return new Pass(
        scope,
        workspace,
        arithmetic,
        otherAdapters,
        otherDropout,
        documents,
        positions,
        past,
        rows,
        gradients);
  }

  Pass withDropout(DropoutMasks other) {
    return with(adapters, other, wanted);
  }

  private Pass with(AdapterRows other) {
    return with(other, dropout, wanted);
  }

  /** The same of which only these rows of the result are wanted. */
  Pass wanting(WantedRows rows) {
    return with(adapters, dropout, Optional.of(rows));
  }

  /** The same of which all rows are. */
  Pass wantingAll() {
    return with(adapters, dropout, Optional.empty());
  }

  /** Over the wanted rows alone, as a layer goes on when attention has read all. */
  Pass behindAttention() {
    return wanted
        .map(WantedRows::rows)
        .map(rows -> wantingAll().atRows(rows).withDropout(dropout.at(rows)))
        .orElse(this);
  }

  /** The wanted rows of x [tokens, features]. */
  NDArray wantedOf(NDArray x) {
    return wanted.map(rows -> EmbeddingKernels.embedding(scope, x, tensor(rows))).orElse(x);
  }

  /** The gradient of such x, given that of its wanted rows. */
  NDArray ofAll(NDArray g) {
    return wanted
        .map(
            rows ->
                EmbeddingKernels.selectRowsVjp(scope, List.of(g), tensor(rows), documents.tokens()))
        .orElse(g);
  }

  private NDArray tensor(WantedRows wanted) {
    return Tensors.fromLongs(scope, wanted.rows(), wanted.rows().length);
  }

  /** The library of large matrix products. */
  Product product() {
    return arithmetic.product();
  }

  /** How norms and low-rank paths are computed. */
  RowWork rowWork() {
    return arithmetic.rowWork();
  }

  /** The adapter of all rows; empty if they have none, or several. */
  Optional<Adapter> adapter() {
    return adapters.only();
  }

  Optional<LinearDelta> delta(String module) {
    return adapter().flatMap(present -> present.linear(module));
  }

  /** What an adapter puts before every text in that layer's attention. */
  Optional<Prefix> prefix(int layer) {
    return adapter().flatMap(present -> present.prefix(layer));
  }

  /** What stands before every text in that layer's attention: an adapter's, or what was read. */
  Optional<Past> past(int layer) {
    return past.isEmpty() ? prefix(layer).map(Past::of) : Optional.of(past.get(layer));
  }

  /** The same for these rows alone, which are in ascending order. */
  Pass atRows(long[] rows) {
    return adapters.isMixed() ? with(adapters.of(rows)) : this;
  }

  /** Whether several adapters share the rows, and any of them has to do with something. */
  boolean isMixedWhere(Predicate<Pass> concerned) {
    return adapters.isMixed() && parts().stream().anyMatch(concerned);
  }

  /** A pass for each adapter alone. */
  List<Pass> parts() {
    return adapters.shares().stream().map(share -> with(new AdapterRows(List.of(share)))).toList();
  }

  /**
   * Does with each adapter's rows what it does, and joins the results.
   *
   * @param x with the same number of rows for each row of the pass
   */
  NDArray byAdapter(NDArray x, ForPart work) {
    long each = x.getShape().get(0) / adapters.end();
    List<NDArray> results = new ArrayList<>();
    for (Share share : adapters.shares()) {
      NDArray rows = EmbeddingKernels.rows(scope, x, share.from() * each, share.to() * each);
      results.add(work.on(with(new AdapterRows(List.of(share))), rows));
    }
    return EmbeddingKernels.joinRows(scope, results);
  }

  /** What is done with the rows of one adapter. */
  interface ForPart {
    NDArray on(Pass part, NDArray rows);
  }
}
