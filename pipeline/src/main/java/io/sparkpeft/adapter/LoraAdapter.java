package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A LoRA adapter in memory: A [r, in] and B [out, r] for every target, and whatever else its
 * configuration has it train, all in fp32, whatever dtype the base or the files have. Its tensors
 * live in a manager of their own, closed with it.
 */
final class LoraAdapter implements Adapter {
  private final NDManager manager;
  private final LoraConfig config;
  private final LoraParts parts;
  private final AdapterParameters parameters;
  private final LoraDeltas deltas;

  /**
   * @param values the fp32 tensors by their entries' names, in the manager
   * @param removed what is taken out of the base, by module
   */
  private LoraAdapter(
      NDManager manager,
      LoraConfig config,
      LoraParts parts,
      BaseModel base,
      FrozenTensors frozen,
      Map<String, NDArray> values,
      Map<String, LowRankPair> removed) {
    this.manager = manager;
    this.config = config;
    this.parts = parts;
    parameters = AdapterParameters.of(parts.trained(), entry -> values.get(entry.name()));
    deltas = new LoraDeltas(manager, config, parts, base, frozen, parameters.tensors(), removed);
  }

  /** As {@link Adapters#create}. */
  static LoraAdapter create(
      NDManager parent, LoraConfig config, BaseModel base, FrozenTensors frozen, long seed) {
    LoraConfig resolved = LoraTargets.resolved(config, base);
    LoraParts parts = LoraParts.of(resolved, base);
    AdapterParameters.requireCountable(parts.trained());
    NDManager manager = parent.newSubManager();
    Map<String, NDArray> values = new LoraBeginning(manager, resolved, frozen, seed).of(parts);
    Map<String, LowRankPair> removed = new HashMap<>();
    if (parts.beginsInBase()) {
      for (LoraTarget target : parts.linears()) {
        removed.put(
            target.module().name(),
            new LowRankPair(
                copy(manager, values.get(target.nameOfA())),
                copy(manager, values.get(target.nameOfB()))));
      }
    }
    LoraAdapter adapter = new LoraAdapter(manager, resolved, parts, base, frozen, values, removed);
    adapter.deltas.beginMagnitudes();
    return adapter;
  }

  private static NDArray copy(NDManager manager, NDArray value) {
    NDArray copy = value.duplicate();
    copy.attach(manager);
    return copy;
  }

  /** As {@link Adapters#load}. */
  static LoraAdapter load(NDManager parent, Path folder, BaseModel base, FrozenTensors frozen) {
    LoraConfig config = LoraConfig.read(folder);
    LoraParts parts = LoraParts.of(config, base);
    AdapterReader reader = AdapterReader.open(folder, parts.trained(), parts.tolerated());
    NDManager manager = parent.newSubManager();
    Map<String, NDArray> values = new HashMap<>();
    parts.trained().forEach(e -> values.put(e.name(), reader.fp32(manager, e.name())));
    return new LoraAdapter(
        manager, config, parts, base, frozen, values, removed(manager, config, parts, frozen));
  }

  /** PEFT takes the same out of the base when it loads an adapter that was not converted. */
  private static Map<String, LowRankPair> removed(
      NDManager manager, LoraConfig config, LoraParts parts, FrozenTensors frozen) {
    Map<String, LowRankPair> removed = new HashMap<>();
    if (parts.beginsInBase()) {
      LoraConfig exact =
          config.initLoraWeights() == LoraInit.PISSA_NITER
              ? config.with("init_lora_weights", "pissa")
              : config;
      LoraBeginning beginning = new LoraBeginning(manager, exact, frozen, 0);
      parts
          .linears()
          .forEach(target -> removed.put(target.module().name(), beginning.partOfBase(target)));
    }
    return removed;
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
  public int parameterCount() {
    return parameters.count();
  }

  @Override
  public Optional<LinearDelta> linear(String module) {
    return deltas.linear(module);
  }

  @Override
  public Optional<StackDelta> stack(String path) {
    return deltas.stack(path);
  }

  @Override
  public Optional<EmbeddingDelta> embedding() {
    return deltas.embedding();
  }

  @Override
  public Optional<DeltaTensor> replacement(String tensor) {
    return deltas.replacement(tensor);
  }

  @Override
  public boolean keepsTie() {
    boolean isEmbeddingChanged =
        parts.embedding().isPresent() || parts.whole().embedding().isPresent();
    return parts.rowsHoldForHead() || (parts.headFollows() && isEmbeddingChanged);
  }

  @Override
  public Optional<Derivation> derivation() {
    return deltas.derivation();
  }

  @Override
  public void save(Path folder, String baseModelName) {
    LoraConfig written = parts.beginsInBase() ? config.converted() : config.begun();
    try (NDManager scope = manager.newSubManager()) {
      AdapterWriter.write(folder, written.savedFor(baseModelName), savedTensors(scope));
    }
  }

  @Override
  public List<NamedTensor> savedTensors() {
    return savedTensors(manager);
  }

  private List<NamedTensor> savedTensors(NDManager scope) {
    Map<String, NDArray> saved = new LinkedHashMap<>();
    parameters.list().forEach(parameter -> saved.put(parameter.name(), parameter.value()));
    if (parts.beginsInBase()) {
      for (LoraTarget target : parts.linears()) {
        LowRankPair change = deltas.change(scope, target.module().name());
        saved.put(target.nameOfA(), change.a());
        saved.put(target.nameOfB(), change.b());
      }
    }
    saved.putAll(deltas.copiesOfHead());
    return saved.entrySet().stream()
        .map(
            tensor ->
                new NamedTensor(
                    tensor.getKey(),
                    Tensors.dtype(tensor.getValue()),
                    tensor.getValue().getShape().getShape(),
                    () -> Tensors.toBytes(tensor.getValue())))
        .toList();
  }

  @Override
  public void close() {
    manager.close();
  }
}
