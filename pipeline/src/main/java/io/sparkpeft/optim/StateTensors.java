package io.sparkpeft.optim;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** All tensors that an optimizer keeps, by name, where its {@link StateMemory} puts them. */
final class StateTensors implements AutoCloseable {
  private final NDManager beside;
  private final NDManager mapped;
  private final StateMemory memory;
  private final SortedMap<String, StateTensor> tensors = new TreeMap<>();
  private long residentBytes;

  /**
   * @throws io.sparkpeft.base.SparkPeftException (70) if a tensor stands in two of the groups
   */
  StateTensors(List<ParameterGroup> groups, StateMemory memory) {
    requireOnce(groups);
    NDArray anyTensor = groups.get(0).parameters().get(0).value();
    this.beside = anyTensor.getManager().newSubManager();
    this.mapped = Engine.newManager(Device.cpu());
    this.memory = memory;
  }

  private static void requireOnce(List<ParameterGroup> groups) {
    Set<String> seen = new HashSet<>();
    for (ParameterGroup group : groups) {
      for (AdapterParameter parameter : group.parameters()) {
        if (!seen.add(parameter.name())) {
          throw OptimErrors.groupedTwice(parameter.name());
        }
      }
    }
  }

  /** A tensor of zeros. */
  void addZeros(String name, Dtype dtype, long... shape) {
    long bytes = Arrays.stream(shape).reduce(dtype.bytes(), Math::multiplyExact);
    tensors.put(name, new StateTensor(zeros(bytes, dtype, shape)));
  }

  private NDArray zeros(long bytes, Dtype dtype, long... shape) {
    if (memory instanceof StateMemory.Paged paged && residentBytes + bytes > paged.budget()) {
      Path file = paged.folder().resolve("state-" + tensors.size());
      return Tensors.fromBytes(mapped, MappedFile.zeros(file, bytes), dtype, shape);
    }
    residentBytes += bytes;
    return Tensors.zeros(beside, dtype, shape);
  }

  /** A tensor that no update changes, beside the adapter. */
  void addConstant(String name, float[] values) {
    tensors.put(name, new StateTensor(Tensors.fromFloats(beside, values, values.length)));
  }

  /** The bytes of state that lie beside the adapter. */
  long residentBytes() {
    return residentBytes;
  }

  /** Begins an update, on the adapter's device. */
  Update begin() {
    return new Update(beside.newSubManager());
  }

  /** What one update needs: tensors brought in, and memory that is free again when it ends. */
  final class Update implements AutoCloseable {
    private final NDManager scope;
    private final Map<String, NDArray> broughtIn = new HashMap<>();

    private Update(NDManager scope) {
      this.scope = scope;
    }

    NDManager scope() {
      return scope;
    }

    /** A tensor to be changed in place. */
    NDArray state(String name) {
      return broughtIn.computeIfAbsent(name, n -> tensors.get(n).bringIn(scope));
    }

    @Override
    public void close() {
      broughtIn.forEach((name, changed) -> tensors.get(name).takeBack(changed));
      scope.close();
    }
  }

  /** All tensors, flat; their bytes are those of the moment in which they are asked for. */
  List<NamedTensor> view() {
    return tensors.entrySet().stream()
        .map(
            entry -> {
              NDArray home = entry.getValue().home();
              long[] flat = {home.size()};
              return new NamedTensor(
                  entry.getKey(), Tensors.dtype(home), flat, () -> Tensors.toBytes(home));
            })
        .toList();
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65) if names or sizes are not those here
   */
  void restore(List<NamedTensor> saved) {
    Map<String, NamedTensor> byName = new HashMap<>();
    saved.forEach(tensor -> byName.put(tensor.name(), tensor));
    if (!byName.keySet().equals(tensors.keySet())) {
      throw OptimErrors.stateDoesNotFit(
          difference(tensors.keySet(), byName.keySet()),
          difference(byName.keySet(), tensors.keySet()));
    }
    tensors.forEach((name, tensor) -> restore(tensor.home(), byName.get(name)));
  }

  private static void restore(NDArray home, NamedTensor saved) {
    long found = saved.entry().elements();
    if (found != home.size() || saved.dtype() != Tensors.dtype(home)) {
      throw OptimErrors.stateOfOtherSize(
          saved.name(), Tensors.dtype(home), home.size(), saved.dtype(), found);
    }
    ByteBuffer bytes = saved.bytes().get();
    Tensors.copyFrom(home, bytes);
  }

  @Override
  public void close() {
    beside.close();
    mapped.close();
  }

  private static Set<String> difference(Set<String> of, Set<String> without) {
    Set<String> result = new HashSet<>(of);
    result.removeAll(without);
    return result;
  }
}
