package io.sparkpeft.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.tensor.Tensors;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The tensors an optimizer keeps for each of the adapter's: named running means of the same shape,
 * zero at first, beside the adapter on its device.
 */
final class Moments implements AutoCloseable {
  private final NDManager manager;
  private final SortedMap<String, NDArray> values = new TreeMap<>();

  Moments(List<ParameterGroup> groups, String... names) {
    NDArray anyTensor = groups.get(0).parameters().get(0).value();
    manager = anyTensor.getManager().newSubManager();
    Set<String> seen = new HashSet<>();
    for (ParameterGroup group : groups) {
      for (AdapterParameter parameter : group.parameters()) {
        if (!seen.add(parameter.name())) {
          throw OptimErrors.groupedTwice(parameter.name());
        }
        for (String name : names) {
          NDArray zeros = manager.zeros(parameter.value().getShape(), DataType.FLOAT32);
          values.put(key(name, parameter), zeros);
        }
      }
    }
  }

  NDArray of(String name, AdapterParameter parameter) {
    return values.get(key(name, parameter));
  }

  /** A manager on the adapter's device for what lives within one step. */
  NDManager newScope() {
    return manager.newSubManager();
  }

  SortedMap<String, float[]> copy() {
    SortedMap<String, float[]> copies = new TreeMap<>();
    values.forEach((key, tensor) -> copies.put(key, tensor.toFloatArray()));
    return copies;
  }

  void restore(SortedMap<String, float[]> saved) {
    if (!saved.keySet().equals(values.keySet())) {
      throw OptimErrors.stateDoesNotFit(
          difference(values.keySet(), saved.keySet()), difference(saved.keySet(), values.keySet()));
    }
    values.forEach(
        (key, tensor) -> {
          float[] moment = saved.get(key);
          if (moment.length != tensor.size()) {
            throw OptimErrors.momentOfOtherSize(key, (int) tensor.size(), moment.length);
          }
          Tensors.copyFrom(tensor, moment, 0);
        });
  }

  @Override
  public void close() {
    manager.close();
  }

  private static Set<String> difference(Set<String> of, Set<String> without) {
    Set<String> result = new HashSet<>(of);
    result.removeAll(without);
    return result;
  }

  private static String key(String moment, AdapterParameter parameter) {
    return moment + "." + parameter.name();
  }
}
