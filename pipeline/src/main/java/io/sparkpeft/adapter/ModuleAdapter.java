package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An adapter that consists of its modules' own tensors: IA3, bottleneck adapters. All are fp32 and
 * live in a manager that is closed with it.
 */
final class ModuleAdapter implements Adapter {
  private final NDManager manager;
  private final AdapterConfig config;
  private final AdapterParameters parameters;
  private final Map<String, LinearDelta> deltas = new LinkedHashMap<>();

  private ModuleAdapter(
      NDManager manager,
      AdapterConfig config,
      List<ModuleTarget> targets,
      Function<TensorEntry, NDArray> values) {
    this.manager = manager;
    this.config = config;
    parameters = AdapterParameters.of(entries(targets), values);
    Map<String, DeltaTensor> tensors = parameters.tensors();
    targets.forEach(target -> deltas.put(target.module().name(), target.delta(tensors)));
  }

  /** As {@link Adapters#create}. */
  static ModuleAdapter create(
      NDManager parent, AdapterConfig config, List<ModuleTarget> targets, long seed) {
    AdapterParameters.requireCountable(entries(targets));
    Map<String, ModuleTarget> owners =
        targets.stream()
            .flatMap(target -> target.entries().stream().map(e -> Map.entry(e.name(), target)))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    NDManager manager = parent.newSubManager();
    return new ModuleAdapter(
        manager,
        config,
        targets,
        entry ->
            Tensors.fromFloats(
                manager, owners.get(entry.name()).initial(entry, seed), entry.shape()));
  }

  /** As {@link Adapters#load}. */
  static ModuleAdapter load(
      NDManager parent, AdapterConfig config, Path folder, List<ModuleTarget> targets) {
    AdapterReader reader = AdapterReader.open(folder, entries(targets), Map.of());
    NDManager manager = parent.newSubManager();
    return new ModuleAdapter(manager, config, targets, entry -> reader.fp32(manager, entry.name()));
  }

  private static List<TensorEntry> entries(List<ModuleTarget> targets) {
    return targets.stream().flatMap(target -> target.entries().stream()).toList();
  }

  /** What such an adapter consists of. */
  static AdapterShape shape(List<ModuleTarget> targets) {
    return new AdapterShape(targets.stream().map(ModuleTarget::adapted).toList(), entries(targets));
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
  public void close() {
    manager.close();
  }
}
