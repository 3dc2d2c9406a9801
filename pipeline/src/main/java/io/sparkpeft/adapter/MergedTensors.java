package io.sparkpeft.adapter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.WeightChanges.Change;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A checkpoint with an adapter merged into its weights, each made as it is asked for: one tensor is
 * in memory at a time. Being a checkpoint, it can have another adapter merged into it.
 */
public final class MergedTensors implements TensorSource {
  private final TensorSource base;
  private final Map<String, Change> changes;
  private final BaseWeights weights;
  private final Set<String> names;
  private final Map<String, Double> largestChanges = new ConcurrentSkipListMap<>();

  /**
   * @param model what the adapter has to know of the base
   * @param weights how the base keeps its weights
   * @param adapter open as long as tensors are asked for
   * @throws io.sparkpeft.base.SparkPeftException (65) if a weight is not of the shape that the
   *     adapter needs, or no float; (78) if what the adapter does cannot be undone
   */
  public MergedTensors(
      TensorSource base, BaseModel model, BaseWeights weights, Adapter adapter, MergeMode mode) {
    WeightChanges merging = new WeightChanges(base, model, weights, adapter, mode);
    this.base = base;
    this.changes = merging.byStoredName();
    this.weights = merging.isUntied() ? weights.untied() : weights;
    Set<String> all = new TreeSet<>(base.names());
    all.addAll(changes.keySet());
    this.names = Collections.unmodifiableSet(all);
  }

  /** How it keeps its weights: a head that was tied may have become one of its own. */
  public BaseWeights weights() {
    return weights;
  }

  /** By changed tensor made so far, the largest absolute change of one of its values. */
  public Map<String, Double> largestChanges() {
    return Collections.unmodifiableMap(largestChanges);
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public TensorEntry entry(String name) {
    Change change = changes.get(name);
    if (change == null) {
      return base.entry(name);
    }
    TensorEntry source = base.entry(change.source());
    return new TensorEntry(name, source.dtype(), source.shape());
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65) if a value becomes infinite
   */
  @Override
  public ByteBuffer bytes(String name) {
    Change change = changes.get(name);
    if (change == null) {
      return base.bytes(name);
    }
    TensorEntry entry = base.entry(change.source());
    try (NDManager scope = Engine.newManager(Device.cpu())) {
      NDArray before =
          Tensors.fromBytes(scope, base.bytes(entry.name()), entry.dtype(), entry.shape());
      NDArray after = change.apply().apply(scope, before);
      double difference = Tensors.maxAbsDifference(before, after);
      if (!Double.isFinite(difference)) {
        throw AdapterErrors.mergedNotFinite(name, entry.dtype());
      }
      largestChanges.put(name, difference);
      return Tensors.toDirectBytes(after);
    }
  }
}
