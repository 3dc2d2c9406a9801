package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An adapter that consists of its modules' own tensors, and of what it trains whole beside: IA3,
 * bottleneck adapters. All are fp32 and live in a manager that is closed with it.
 */
final class ModuleAdapter implements Adapter {
  private final NDManager manager;
  private final AdapterConfig config;
  private final AdapterParameters parameters;
  private final Map<String, LinearDelta> deltas = new LinkedHashMap<>();
  private final Map<String, DeltaTensor> replacements;

  /**
   * What such an adapter consists of.
   *
   * @param targets modules that have tensors of their own
   */
  record Parts(List<ModuleTarget> targets, WholeTensors whole, BaseModel base) {
    /** With no bias trained: these methods' configurations know none. */
    static Parts of(AdapterConfig config, List<ModuleTarget> targets, BaseModel base) {
      Set<String> adapted =
          targets.stream().map(target -> target.module().name()).collect(Collectors.toSet());
      return new Parts(
          targets, WholeTensors.of(config, TrainedTensor.Bias.NONE, base, adapted), base);
    }

    List<TensorEntry> entries() {
      List<TensorEntry> entries = new ArrayList<>(whole.entries());
      targets.forEach(target -> entries.addAll(target.entries()));
      return entries;
    }

    AdapterShape shape() {
      List<AdaptedModule> modules = new ArrayList<>();
      targets.forEach(target -> modules.add(target.adapted()));
      modules.addAll(whole.modules(base));
      return new AdapterShape(modules, whole.others(base), entries(), entries());
    }
  }

  private ModuleAdapter(
      NDManager manager, AdapterConfig config, Parts parts, Function<TensorEntry, NDArray> values) {
    this.manager = manager;
    this.config = config;
    parameters = AdapterParameters.of(parts.entries(), values);
    Map<String, DeltaTensor> tensors = parameters.tensors();
    parts.targets().forEach(target -> deltas.put(target.module().name(), target.delta(tensors)));
    WholeTensors.Deltas whole = parts.whole().deltas(parts.base(), tensors);
    deltas.putAll(whole.linears());
    replacements = whole.replacements();
  }

  /** As {@link Adapters#create}. */
  static ModuleAdapter create(
      NDManager parent, AdapterConfig config, Parts parts, FrozenTensors frozen, long seed) {
    AdapterParameters.requireCountable(parts.entries());
    NDManager manager = parent.newSubManager();
    Map<String, NDArray> values = parts.whole().begin(manager, frozen);
    for (ModuleTarget target : parts.targets()) {
      for (TensorEntry entry : target.entries()) {
        float[] initial = target.initial(entry, seed);
        values.put(entry.name(), Tensors.fromFloats(manager, initial, entry.shape()));
      }
    }
    return new ModuleAdapter(manager, config, parts, entry -> values.get(entry.name()));
  }

  /** As {@link Adapters#load}. */
  static ModuleAdapter load(NDManager parent, AdapterConfig config, Path folder, Parts parts) {
    AdapterReader reader = AdapterReader.open(folder, parts.entries(), Map.of());
    NDManager manager = parent.newSubManager();
    return new ModuleAdapter(manager, config, parts, entry -> reader.fp32(manager, entry.name()));
  }

  @Override
  public AdapterConfig config() {
    return config;
  }

  @Override
  public List<AdapterParameter> parameters() {
    return parameters.list();
  }

  @Override
  public int parameterCount() {
    return parameters.count();
  }

  @Override
  public Optional<LinearDelta> linear(String module) {
    return Optional.ofNullable(deltas.get(module));
  }

  @Override
  public Optional<DeltaTensor> replacement(String tensor) {
    return Optional.ofNullable(replacements.get(tensor));
  }

  @Override
  public void close() {
    manager.close();
  }
}
