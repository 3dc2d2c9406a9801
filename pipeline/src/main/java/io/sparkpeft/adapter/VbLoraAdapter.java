package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
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
import java.util.function.Function;

/**
 * A VB-LoRA adapter in memory. Trained are the bank and all logits; layers see the matrices A and B
 * that follow from them, as {@link VbLoraMatrices} does. An adapter out of a file of top-k weights
 * has no logits any more: of such a one the bank alone counts as a parameter, and nothing can be
 * trained.
 */
final class VbLoraAdapter implements Adapter {
  private final NDManager manager;
  private final VbLoraConfig config;
  private final AdapterParameters parameters;
  private final VbLoraMatrices matrices;
  private final Map<String, LinearDelta> deltas = new LinkedHashMap<>();

  private VbLoraAdapter(
      NDManager manager,
      VbLoraConfig config,
      List<VbLoraTarget> targets,
      AdapterParameters parameters,
      VbLoraMatrices matrices) {
    this.manager = manager;
    this.config = config;
    this.parameters = parameters;
    this.matrices = matrices;
    for (VbLoraTarget target : targets) {
      DeltaTensor a = matrices.tensor(target.a());
      DeltaTensor b = matrices.tensor(target.b());
      deltas.put(target.module().name(), new LowRankDelta(a, b, 1, config.vbloraDropout()));
    }
  }

  /** As {@link Adapters#create}: the bank is drawn once. */
  static VbLoraAdapter create(NDManager parent, VbLoraConfig config, BaseModel base, long seed) {
    VbLoraConfig resolved = (VbLoraConfig) TargetModules.resolved(config, base.linearModules());
    List<VbLoraTarget> targets = resolved.targets(base);
    AdapterParameters.requireCountable(resolved.trainedEntries(targets));
    NDManager manager = parent.newSubManager();
    return trainable(manager, resolved, targets, entry -> initial(manager, resolved, entry, seed));
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
    List<VbLoraTarget> targets = config.targets(base);
    List<TensorEntry> expected =
        config.saveOnlyTopkWeights() ? config.topkEntries(targets) : config.trainedEntries(targets);
    AdapterReader reader = AdapterReader.open(folder, expected, Map.of());
    NDManager manager = parent.newSubManager();
    return config.saveOnlyTopkWeights()
        ? chosen(manager, config, targets, reader)
        : trainable(manager, config, targets, entry -> reader.fp32(manager, entry.name()));
  }

  private static VbLoraAdapter trainable(
      NDManager manager,
      VbLoraConfig config,
      List<VbLoraTarget> targets,
      Function<TensorEntry, NDArray> values) {
    AdapterParameters parameters = AdapterParameters.of(config.trainedEntries(targets), values);
    Map<String, DeltaTensor> trained = parameters.tensors();
    VbLoraMatrices matrices =
        new VbLoraMatrices(manager, config, targets, trained.get(VbLoraConfig.BANK));
    matrices.follow(trained);
    return new VbLoraAdapter(manager, config, targets, parameters, matrices);
  }

  private static VbLoraAdapter chosen(
      NDManager manager, VbLoraConfig config, List<VbLoraTarget> targets, AdapterReader reader) {
    AdapterParameters bank =
        AdapterParameters.of(
            List.of(config.bankEntry()), entry -> reader.fp32(manager, entry.name()));
    VbLoraMatrices matrices =
        new VbLoraMatrices(manager, config, targets, bank.tensors().get(VbLoraConfig.BANK));
    matrices.compose(side -> chosen(manager, config, side, reader));
    return new VbLoraAdapter(manager, config, targets, bank, matrices);
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
  public Optional<Derivation> derivation() {
    return Optional.of(matrices);
  }

  @Override
  public List<NamedTensor> savedTensors() {
    if (!config.saveOnlyTopkWeights()) {
      return Adapter.super.savedTensors();
    }
    List<NamedTensor> tensors = new ArrayList<>();
    tensors.add(
        new NamedTensor(
            VbLoraConfig.BANK,
            Dtype.FLOAT32,
            config.bankEntry().shape(),
            () -> Tensors.toBytes(matrices.bank().value())));
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
