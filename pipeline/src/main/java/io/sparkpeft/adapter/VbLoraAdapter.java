package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.tensor.VbLoraKernels;
import io.sparkpeft.tensor.VbLoraKernels.Choice;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A VB-LoRA adapter in memory. Trained are the bank, all logits, and what its configuration has it
 * train whole; layers see the matrices A and B that follow from bank and logits, as {@link
 * VbLoraMatrices} does. An adapter out of a file of top-k weights has no logits any more: those do
 * not count as parameters, and nothing can be trained.
 */
final class VbLoraAdapter implements Adapter {
  private final NDManager manager;
  private final VbLoraConfig config;
  private final AdapterParameters parameters;
  private final WholeTensors whole;
  private final VbLoraMatrices matrices;
  private final Map<String, LinearDelta> deltas = new LinkedHashMap<>();
  private final Map<String, DeltaTensor> replacements;

  private VbLoraAdapter(
      NDManager manager, Parts parts, AdapterParameters parameters, VbLoraMatrices matrices) {
    this.manager = manager;
    this.config = parts.config();
    this.parameters = parameters;
    this.whole = parts.whole();
    this.matrices = matrices;
    for (VbLoraTarget target : parts.targets()) {
      DeltaTensor a = matrices.tensor(target.a());
      DeltaTensor b = matrices.tensor(target.b());
      deltas.put(target.module().name(), new LowRankDelta(a, b, 1, config.vbloraDropout()));
    }
    WholeTensors.Deltas trainedWhole = whole.deltas(parts.base(), parameters.tensors());
    deltas.putAll(trainedWhole.linears());
    replacements = trainedWhole.replacements();
  }

  /** What an adapter consists of. */
  private record Parts(
      VbLoraConfig config, BaseModel base, List<VbLoraTarget> targets, WholeTensors whole) {
    static Parts of(VbLoraConfig config, BaseModel base) {
      List<VbLoraTarget> targets = config.targets(base);
      return new Parts(config, base, targets, config.whole(targets, base));
    }

    List<TensorEntry> trained() {
      return config.trainedEntries(targets, whole);
    }

    List<TensorEntry> topk() {
      return config.topkEntries(targets, whole);
    }

    /** What is trained and not a choice of vectors. */
    List<TensorEntry> chosen() {
      List<TensorEntry> entries = new ArrayList<>(whole.entries());
      entries.add(config.bankEntry());
      return entries;
    }
  }

  /** As {@link Adapters#create}: the bank is drawn once. */
  static VbLoraAdapter create(
      NDManager parent, VbLoraConfig config, BaseModel base, FrozenTensors frozen, long seed) {
    VbLoraConfig resolved = (VbLoraConfig) TargetModules.resolved(config, base);
    Parts parts = Parts.of(resolved, base);
    AdapterParameters.requireCountable(parts.trained());
    NDManager manager = parent.newSubManager();
    Map<String, NDArray> ofBase = parts.whole().begin(manager, frozen);
    return trainable(
        manager,
        parts,
        entry ->
            Optional.ofNullable(ofBase.get(entry.name()))
                .orElseGet(() -> initial(manager, resolved, entry, seed)));
  }

  private static NDArray initial(
      NDManager manager, VbLoraConfig config, TensorEntry entry, long seed) {
    InitialValues values = new InitialValues(seed, entry.name());
    int count = Math.toIntExact(entry.elements());
    float[] drawn =
        entry.name().equals(VbLoraConfig.BANK)
            ? values.uniform(count, config.initVectorBankBound())
            : values.normal(count, config.initLogitsStd());
    return Tensors.fromFloats(manager, drawn, entry.shape());
  }

  /** As {@link Adapters#load}, of either kind of file. */
  static VbLoraAdapter load(NDManager parent, VbLoraConfig config, Path folder, BaseModel base) {
    Parts parts = Parts.of(config, base);
    List<TensorEntry> expected = config.saveOnlyTopkWeights() ? parts.topk() : parts.trained();
    AdapterReader reader = AdapterReader.open(folder, expected, Map.of());
    NDManager manager = parent.newSubManager();
    return config.saveOnlyTopkWeights()
        ? chosen(manager, parts, reader)
        : trainable(manager, parts, entry -> reader.fp32(manager, entry.name()));
  }

  private static VbLoraAdapter trainable(
      NDManager manager, Parts parts, Function<TensorEntry, NDArray> values) {
    AdapterParameters parameters = AdapterParameters.of(parts.trained(), values);
    VbLoraMatrices matrices = matrices(manager, parts, parameters);
    matrices.follow(parameters.tensors());
    return new VbLoraAdapter(manager, parts, parameters, matrices);
  }

  private static VbLoraAdapter chosen(NDManager manager, Parts parts, AdapterReader reader) {
    AdapterParameters parameters =
        AdapterParameters.of(parts.chosen(), entry -> reader.fp32(manager, entry.name()));
    VbLoraMatrices matrices = matrices(manager, parts, parameters);
    matrices.compose(side -> chosen(manager, parts.config(), side, reader));
    return new VbLoraAdapter(manager, parts, parameters, matrices);
  }

  private static VbLoraMatrices matrices(
      NDManager manager, Parts parts, AdapterParameters parameters) {
    DeltaTensor bank = parameters.tensors().get(VbLoraConfig.BANK);
    return new VbLoraMatrices(manager, parts.config(), parts.targets(), bank);
  }

  private static Choice chosen(
      NDManager manager, VbLoraConfig config, VbLoraTarget.Side side, AdapterReader reader) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray shares = reader.fp32(scope, side.weightsEntry(config.topk()).name());
      String indices = side.indicesEntry(config.topk(), config.indexType()).name();
      NDArray places = reader.places(scope, indices, config.numVectors());
      return VbLoraKernels.restored(manager, shares, places);
    }
  }

  @Override
  public VbLoraConfig config() {
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
  public Optional<Derivation> derivation() {
    return Optional.of(matrices);
  }

  @Override
  public List<NamedTensor> savedTensors() {
    if (!config.saveOnlyTopkWeights()) {
      return Adapter.super.savedTensors();
    }
    Set<String> logits = matrices.namesOfLogits();
    List<NamedTensor> tensors = new ArrayList<>();
    parameters.list().stream()
        .filter(parameter -> !logits.contains(parameter.name()))
        .forEach(parameter -> tensors.add(AdapterWriter.tensor(parameter)));
    matrices.forEach((side, choice) -> tensors.addAll(topk(side, choice)));
    return tensors;
  }

  private List<NamedTensor> topk(VbLoraTarget.Side side, Choice choice) {
    TensorEntry indices = side.indicesEntry(config.topk(), config.indexType());
    TensorEntry weights = side.weightsEntry(config.topk());
    NDArray places = Tensors.cast(manager, choice.places(), indices.dtype());
    NDArray shares = VbLoraKernels.keptShares(manager, choice);
    return List.of(
        new NamedTensor(
            indices.name(), indices.dtype(), indices.shape(), () -> Tensors.toBytes(places)),
        new NamedTensor(
            weights.name(), weights.dtype(), weights.shape(), () -> Tensors.toBytes(shares)));
  }

  @Override
  public void close() {
    manager.close();
  }
}
