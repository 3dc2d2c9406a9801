package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.HashMap;
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
  private final AdapterParameters parameters;
  private final Map<String, LinearDelta> deltas = new LinkedHashMap<>();

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
    parameters = AdapterParameters.of(entries(targets), values);
    Map<String, DeltaTensor> tensors = parameters.tensors();
    for (LoraTarget target : targets) {
      DeltaTensor a = tensors.get(target.nameOfA());
      DeltaTensor b = tensors.get(target.nameOfB());
      deltas.put(
          target.module().name(), new LowRankDelta(a, b, target.scaling(), config.loraDropout()));
    }
  }

  private static List<TensorEntry> entries(List<LoraTarget> targets) {
    return targets.stream().flatMap(target -> target.entries().stream()).toList();
  }

  /** As {@link Adapters#create}. */
  static LoraAdapter create(NDManager parent, LoraConfig config, BaseModel base, long seed) {
    List<LinearModule> modules = base.linearModules();
    LoraConfig resolved = LoraTargets.resolved(config, modules);
    List<LoraTarget> targets = LoraTargets.match(resolved, modules);
    AdapterParameters.requireCountable(entries(targets));
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
    LoraConfig config = LoraConfig.read(folder);
    List<LoraTarget> targets = LoraTargets.match(config, base.linearModules());
    Map<String, long[]> tolerated = new HashMap<>();
    // PEFT saves the frozen weight of an adapted head too; the base has it already.
    targets.forEach(
        target ->
            tolerated.put(
                target.nameOfBaseWeight(),
                new long[] {target.module().out(), target.module().in()}));
    AdapterReader reader = AdapterReader.open(folder, entries(targets), tolerated);
    NDManager manager = parent.newSubManager();
    return new LoraAdapter(manager, config, targets, entry -> reader.fp32(manager, entry.name()));
  }

  @Override
  public LoraConfig config() {
    return config;
  }

  @Override
  public List<AdapterParameter> parameters() {
    return parameters.list();
  }

  @Override
  public Optional<LinearDelta> linear(String module) {
    return Optional.ofNullable(deltas.get(module));
  }

  @Override
  public int parameterCount() {
    return parameters.count();
  }

  @Override
  public void close() {
    manager.close();
  }
}
