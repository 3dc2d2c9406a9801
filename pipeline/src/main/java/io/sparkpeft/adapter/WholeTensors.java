package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tensors of a base that an adapter trains whole, beside what else it does. */
record WholeTensors(List<TrainedTensor> list) {
  WholeTensors {
    list = List.copyOf(list);
  }

  /** As {@link TrainedTensor#of}. */
  static WholeTensors of(
      AdapterConfig config, TrainedTensor.Bias bias, BaseModel base, Set<String> adapted) {
    return new WholeTensors(TrainedTensor.of(config.modulesToSave(), bias, base, adapted));
  }

  List<TensorEntry> entries() {
    return list.stream().map(TrainedTensor::entry).toList();
  }

  boolean contains(String tensor) {
    return list.stream().anyMatch(trained -> trained.name().equals(tensor));
  }

  /** The embedding's weight, if it is among them. */
  Optional<TrainedTensor> embedding() {
    return list.stream().filter(TrainedTensor::isEmbedding).findFirst();
  }

  /** The linear layers whose weights they are. */
  List<AdaptedModule> modules(BaseModel base) {
    List<AdaptedModule> modules = new ArrayList<>();
    for (TrainedTensor tensor : list) {
      tensor
          .linearWeight(base)
          .ifPresent(
              module ->
                  modules.add(
                      new AdaptedModule(
                          module, tensor.entry().elements(), 0, 0, AdaptedModule.Work.WHOLE)));
    }
    return modules;
  }

  /** How many values all others have, by module. */
  Map<String, Long> others(BaseModel base) {
    Map<String, Long> others = new HashMap<>();
    for (TrainedTensor tensor : list) {
      if (tensor.linearWeight(base).isEmpty()) {
        others.merge(TrainedTensor.module(tensor.name()), tensor.entry().elements(), Long::sum);
      }
    }
    return others;
  }

  /** What they begin as: the base's values in fp32, by the names of entries. */
  Map<String, NDArray> begin(NDManager manager, FrozenTensors frozen) {
    Map<String, NDArray> values = new HashMap<>();
    list.forEach(tensor -> values.put(tensor.entry().name(), frozen.fp32(manager, tensor.name())));
    return values;
  }

  /**
   * What layers see of them.
   *
   * @param linears by module
   * @param replacements by the base's tensor
   */
  record Deltas(Map<String, LinearDelta> linears, Map<String, DeltaTensor> replacements) {}

  /**
   * @param tensors the trained ones by the names of entries
   */
  Deltas deltas(BaseModel base, Map<String, DeltaTensor> tensors) {
    Map<String, LinearDelta> linears = new HashMap<>();
    Map<String, DeltaTensor> replacements = new HashMap<>();
    for (TrainedTensor tensor : list) {
      DeltaTensor trained = tensors.get(tensor.entry().name());
      Optional<LinearModule> linear = tensor.linearWeight(base);
      if (linear.isPresent()) {
        linears.put(linear.get().name(), new WholeWeight(trained, linear.get().fanInFanOut()));
      } else {
        replacements.put(tensor.name(), trained);
      }
    }
    return new Deltas(linears, replacements);
  }
}
