package io.sparkpeft.model;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.LinearDelta;
import io.sparkpeft.adapter.Prefix;
import io.sparkpeft.tensor.Product;
import java.util.Optional;

/**
 * What one call of a decoder is computed with, beside its weights.
 *
 * @param scope where results live
 * @param workspace where frozen weights are expanded
 * @param product the library of large matrix products
 * @param adapter what is added to linear layers
 * @param dropout masks for the adapter's inputs; none outside training
 * @param documents how the rows of activations fall into texts
 * @param positions where the rows' tokens stand in their texts
 * @param gradients where the adapter's gradients go; nowhere outside training
 */
record Pass(
    NDManager scope,
    Workspace workspace,
    Product product,
    Optional<Adapter> adapter,
    DropoutMasks dropout,
    Documents documents,
    Positions positions,
    GradientSink gradients) {

  /** The same, with results living elsewhere. */
  Pass in(NDManager other) {
    return new Pass(other, workspace, product, adapter, dropout, documents, positions, gradients);
  }

  Pass withDropout(DropoutMasks other) {
    return new Pass(scope, workspace, product, adapter, other, documents, positions, gradients);
  }

  Optional<LinearDelta> delta(String module) {
    return adapter.flatMap(present -> present.linear(module));
  }

  /** What stands before every text in that layer's attention. */
  Optional<Prefix> prefix(int layer) {
    return adapter.flatMap(present -> present.prefix(layer));
  }
}
