package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** What merging an adapter makes of each stored tensor. */
final class WeightChanges {
  private final TensorSource base;
  private final BaseModel model;
  private final BaseWeights weights;
  private final Adapter adapter;
  private final MergeMode mode;
  private final Map<String, Change> changes = new LinkedHashMap<>();

  /**
   * How a stored tensor becomes another of its type and shape.
   *
   * @param source the stored tensor that it begins as
   * @param shape that it must have
   */
  record Change(String source, long[] shape, BiFunction<NDManager, NDArray, NDArray> apply) {}

  WeightChanges(
      TensorSource base, BaseModel model, BaseWeights weights, Adapter adapter, MergeMode mode) {
    this.base = base;
    this.model = model;
    this.weights = weights;
    this.adapter = adapter;
    this.mode = mode;
    weights.modules().forEach(this::putLinear);
    model.mixture().ifPresent(mixture -> mixture.stacks().forEach(this::putStack));
    adapter.embedding().ifPresent(this::putEmbedding);
    model.tensors().keySet().forEach(this::putReplacement);
    // After the biases that are trained whole: what lora_bias adds is added to those.
    weights
        .modules()
        .forEach(module -> adapter.linear(module.name()).ifPresent(d -> putBias(module, d)));
    changes.values().forEach(this::requireFit);
  }

  Map<String, Change> byStoredName() {
    return changes;
  }

  /** Whether a tied head gets a weight of its own, since the two are no longer the same. */
  boolean isUntied() {
    return weights.tiedHead() && isHeadOrEmbeddingChanged() && !adapter.keepsTie();
  }

  private boolean isHeadOrEmbeddingChanged() {
    return adapter.linear(BaseWeights.HEAD).isPresent()
        || adapter.embedding().isPresent()
        || adapter.replacement(model.embedding().name() + ".weight").isPresent();
  }

  /** A tied head's weight is the embedding, whatever a file holds under its name. */
  private void putLinear(LinearModule module) {
    boolean isTied = weights.tiedHead() && module.name().equals(BaseWeights.HEAD);
    if (isTied && !isUntied()) {
      return;
    }
    String stored = weights.stored(module.name() + ".weight");
    String source = isTied ? weights.embedding() : stored;
    long[] shape =
        module.fanInFanOut()
            ? new long[] {module.in(), module.out()}
            : new long[] {module.out(), module.in()};
    Optional<LinearDelta> delta = adapter.linear(module.name());
    if (delta.isPresent()) {
      LinearDelta present = delta.get();
      changes.put(
          stored,
          present instanceof LowRankDelta
              ? added(source, shape, (m, w) -> present.merged(m, w, module.fanInFanOut()))
              : replaced(source, shape, (m, w) -> present.merged(m, w, module.fanInFanOut())));
    } else if (isTied) {
      changes.put(stored, new Change(source, shape, (manager, w) -> w));
    }
  }

  private void putStack(WeightStack stack) {
    adapter
        .stack(stack.path())
        .ifPresent(
            delta -> {
              for (WeightStack.Piece piece : stack.pieces()) {
                String stored = weights.stored(piece.tensor());
                long[] shape = {piece.rows(), stack.in()};
                changes.put(stored, added(stored, shape, (m, w) -> delta.merged(m, w, piece)));
              }
            });
  }

  private void putEmbedding(EmbeddingDelta delta) {
    String stored = weights.embedding();
    long[] shape = {model.embedding().vocabulary(), model.embedding().width()};
    boolean isAdded = delta instanceof LowRankEmbedding pair && pair.magnitude().isEmpty();
    changes.put(
        stored,
        isAdded ? added(stored, shape, delta::merged) : replaced(stored, shape, delta::merged));
  }

  private void putReplacement(String tensor) {
    adapter
        .replacement(tensor)
        .ifPresent(
            trained -> {
              String stored = weights.stored(tensor);
              long[] shape = model.tensors().get(tensor);
              changes.put(
                  stored,
                  replaced(
                      stored,
                      shape,
                      (manager, w) -> Tensors.cast(manager, trained.value(), Tensors.dtype(w))));
            });
  }

  private void putBias(LinearModule module, LinearDelta delta) {
    if (!delta.changesBias()) {
      return;
    }
    String stored = weights.stored(module.name() + ".bias");
    if (!base.contains(stored)) {
      if (delta.needsBias()) {
        throw AdapterErrors.noBiasToMergeInto(module.name());
      }
      return;
    }
    long[] shape = {module.out()};
    BiFunction<NDManager, NDArray, NDArray> merged =
        (manager, b) -> delta.mergedBias(manager, b).orElseThrow();
    Change change =
        delta instanceof LowRankDelta
            ? added(stored, shape, merged)
            : replaced(stored, shape, merged);
    Change before = changes.getOrDefault(stored, new Change(stored, shape, (manager, b) -> b));
    changes.put(
        stored,
        new Change(
            stored,
            shape,
            (manager, b) -> change.apply().apply(manager, before.apply().apply(manager, b))));
  }

  /**
   * @param merged the sum of a tensor of any type and what is added to it, rounded once
   */
  private Change added(
      String source, long[] shape, BiFunction<NDManager, NDArray, NDArray> merged) {
    return switch (mode) {
      case MERGE -> new Change(source, shape, merged);
      case SAFE_MERGE -> new Change(source, shape, addedRounded(merged, 1));
      case UNMERGE -> new Change(source, shape, addedRounded(merged, -1));
    };
  }

  private static BiFunction<NDManager, NDArray, NDArray> addedRounded(
      BiFunction<NDManager, NDArray, NDArray> merged, double sign) {
    return (manager, w) -> {
      try (NDManager scope = manager.newSubManager()) {
        NDArray zeros = Tensors.zeros(scope, Dtype.FLOAT32, w.getShape().getShape());
        NDArray addition = Tensors.cast(scope, merged.apply(scope, zeros), Tensors.dtype(w));
        return Tensors.addScaled(manager, w, addition, sign);
      }
    };
  }

  private Change replaced(
      String source, long[] shape, BiFunction<NDManager, NDArray, NDArray> merged) {
    if (mode == MergeMode.UNMERGE) {
      throw AdapterErrors.cannotUnmerge(source);
    }
    return new Change(source, shape, merged);
  }

  private void requireFit(Change change) {
    TensorEntry entry = base.entry(change.source());
    if (!AdapterReader.isFloat(entry.dtype()) || !Arrays.equals(change.shape(), entry.shape())) {
      throw AdapterErrors.cannotMergeInto(entry);
    }
  }
}
