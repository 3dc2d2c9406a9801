package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A LoRA adapter in memory: A [r, in] and B [out, r] in fp32 for every target, whatever dtype the
 * base or the files have. Its tensors live in a manager of their own, closed with it.
 */
final class LoraAdapter implements Adapter {
  private final NDManager manager;
  private final LoraConfig config;
  private final List<AdapterParameter> parameters;
  private final Map<String, LinearDelta> deltas = new LinkedHashMap<>();
  private final int parameterCount;

  /**
   * @param values gives the fp32 tensor of a name, in the manager
   */
  private LoraAdapter(
      NDManager manager,
      LoraConfig config,
      List<LoraTarget> targets,
      Function<TensorEntry, NDArray> values) {
    this.manager = manager;
    this.config = config;
    parameterCount = parameterCount(targets);
    Map<String, AdapterParameter> byName = parameters(targets, values);
    parameters = List.copyOf(byName.values());
    for (LoraTarget target : targets) {
      AdapterParameter a = byName.get(target.nameOfA());
      AdapterParameter b = byName.get(target.nameOfB());
      deltas.put(
          target.module().name(),
          new LowRankDelta(a.tensor(), b.tensor(), target.scaling(), config.loraDropout()));
    }
  }

  /** As {@link Adapters#create}. */
  static LoraAdapter create(NDManager parent, LoraConfig config, BaseModel base, long seed) {
    List<LinearModule> modules = base.linearModules();
    LoraConfig resolved = LoraTargets.resolved(config, modules);
    List<LoraTarget> targets = LoraTargets.match(resolved, modules);
    parameterCount(targets);
    Map<String, float[]> initial = new TreeMap<>();
    targets.forEach(target -> putInitial(initial, target, config.initLoraWeights(), seed));
    NDManager manager = parent.newSubManager();
    return new LoraAdapter(
        manager,
        resolved,
        targets,
        entry -> Tensors.fromFloats(manager, initial.remove(entry.name()), entry.shape()));
  }

  private static void putInitial(
      Map<String, float[]> initial, LoraTarget target, LoraInit init, long seed) {
    int r = target.r();
    double in = target.module().in();
    int sizeOfA = Math.toIntExact(target.entryOfA().elements());
    int sizeOfB = Math.toIntExact(target.entryOfB().elements());
    InitialValues a = new InitialValues(seed, target.nameOfA());
    InitialValues b = new InitialValues(seed, target.nameOfB());
    double bound = 1 / Math.sqrt(in);
    initial.put(
        target.nameOfA(),
        init == LoraInit.GAUSSIAN ? a.normal(sizeOfA, 1.0 / r) : a.uniform(sizeOfA, bound));
    initial.put(
        target.nameOfB(),
        init == LoraInit.RANDOM ? b.uniform(sizeOfB, 1 / Math.sqrt(r)) : new float[sizeOfB]);
  }

  /** As {@link Adapters#load}. */
  static LoraAdapter load(NDManager parent, Path folder, BaseModel base) {
    AdapterReader reader = AdapterReader.open(folder, base);
    NDManager manager = parent.newSubManager();
    return new LoraAdapter(
        manager, reader.config(), reader.targets(), entry -> reader.fp32(manager, entry.name()));
  }

  private static int parameterCount(List<LoraTarget> targets) {
    long count = targets.stream().mapToLong(LoraTarget::parameterCount).reduce(0, Math::addExact);
    if (count > Integer.MAX_VALUE) {
      throw AdapterErrors.tooManyParameters(count);
    }
    return (int) count;
  }

  /** In file order, their gradients one after the other. */
  private static Map<String, AdapterParameter> parameters(
      List<LoraTarget> targets, Function<TensorEntry, NDArray> values) {
    List<TensorEntry> entries = new ArrayList<>();
    targets.forEach(target -> entries.addAll(target.entries()));
    Map<String, AdapterParameter> result = new LinkedHashMap<>();
    int offset = 0;
    for (TensorEntry entry : SafetensorsWriter.inFileOrder(entries)) {
      result.put(entry.name(), new AdapterParameter(entry.name(), values.apply(entry), offset));
      offset += Math.toIntExact(entry.elements());
    }
    return result;
  }

  @Override
  public LoraConfig config() {
    return config;
  }

  @Override
  public List<AdapterParameter> parameters() {
    return parameters;
  }

  @Override
  public Optional<LinearDelta> linear(String module) {
    return Optional.ofNullable(deltas.get(module));
  }

  @Override
  public int parameterCount() {
    return parameterCount;
  }

  @Override
  public void close() {
    manager.close();
  }
}
