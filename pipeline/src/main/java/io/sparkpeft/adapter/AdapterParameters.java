package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The trained tensors of an adapter, in the order that a file has them, their gradients one after
 * the other.
 *
 * @param list ordered by name
 * @param count of their values
 */
record AdapterParameters(List<AdapterParameter> list, int count) {
  AdapterParameters {
    list = List.copyOf(list);
  }

  /**
   * @param values gives the fp32 tensor of a name
   * @throws io.sparkpeft.base.SparkPeftException (78) if they are too many for one flat gradient
   */
  static AdapterParameters of(List<TensorEntry> entries, Function<TensorEntry, NDArray> values) {
    requireCountable(entries);
    Map<String, AdapterParameter> made = new LinkedHashMap<>();
    int offset = 0;
    for (TensorEntry entry : SafetensorsWriter.inFileOrder(entries)) {
      made.put(entry.name(), new AdapterParameter(entry.name(), values.apply(entry), offset));
      offset += Math.toIntExact(entry.elements());
    }
    return new AdapterParameters(List.copyOf(made.values()), offset);
  }

  /** To be asked before anything is made of them. */
  static void requireCountable(List<TensorEntry> entries) {
    long count = entries.stream().mapToLong(TensorEntry::elements).reduce(0, Math::addExact);
    if (count > Integer.MAX_VALUE) {
      throw AdapterErrors.tooManyParameters(count);
    }
  }

  /** Those as tensors of deltas, by name. */
  Map<String, DeltaTensor> tensors() {
    Map<String, DeltaTensor> tensors = new LinkedHashMap<>();
    list.forEach(parameter -> tensors.put(parameter.name(), parameter.tensor()));
    return tensors;
  }
}
