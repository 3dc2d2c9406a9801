package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerState;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that a run needs to go on bit for bit: the data order and dropout follow from the settings
 * and the step.
 *
 * @param adapter the trained tensors by name
 */
record Checkpoint(
    Progress progress, SortedMap<String, SavedTensor> adapter, OptimizerState optimizer) {

  /** An fp32 tensor outside libtorch, row-major. */
  record SavedTensor(long[] shape, float[] values) {}

  Checkpoint {
    adapter = Collections.unmodifiableSortedMap(new TreeMap<>(adapter));
  }

  static SortedMap<String, SavedTensor> copyOf(Adapter adapter) {
    SortedMap<String, SavedTensor> tensors = new TreeMap<>();
    for (AdapterParameter parameter : adapter.parameters()) {
      long[] shape = parameter.value().getShape().getShape();
      tensors.put(parameter.name(), new SavedTensor(shape, parameter.value().toFloatArray()));
    }
    return tensors;
  }

  /**
   * Overwrites the adapter's tensors with those saved.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if names or shapes differ
   */
  void restore(Adapter target) {
    List<String> expected =
        target.parameters().stream().map(AdapterParameter::name).sorted().toList();
    if (!expected.equals(List.copyOf(adapter.keySet()))) {
      throw TrainErrors.otherTensors(expected, adapter.keySet());
    }
    for (AdapterParameter parameter : target.parameters()) {
      SavedTensor saved = adapter.get(parameter.name());
      long[] shape = parameter.value().getShape().getShape();
      if (!Arrays.equals(shape, saved.shape())) {
        throw TrainErrors.otherShape(parameter.name(), shape, saved.shape());
      }
      Tensors.copyFrom(parameter.value(), saved.values(), 0);
    }
  }
}
