package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.PrefixKernels;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Prefix tuning in memory: one matrix, whose parts layers see as keys and values. It is trained
 * itself, or what an encoder makes it of is. (Li and Liang 2021, arXiv:2101.00190.)
 */
final class PrefixAdapter implements Adapter, Derivation {
  private final NDManager manager;
  private final PrefixTuningConfig config;
  private final AdapterParameters parameters;
  private final AdapterParameter prompt;
  private final Optional<PrefixEncoder> encoder;
  private final List<Prefix> layers = new ArrayList<>();

  private PrefixAdapter(
      NDManager manager,
      PrefixTuningConfig config,
      BaseModel base,
      AdapterParameters parameters,
      AdapterParameter prompt,
      Optional<PrefixEncoder> encoder) {
    this.manager = manager;
    this.config = config;
    this.parameters = parameters;
    this.prompt = prompt;
    this.encoder = encoder;
    long[] shape = {base.kvHeads(), config.virtualTokens(), base.headDim()};
    for (int layer = 0; layer < base.layers(); layer++) {
      layers.add(new Prefix(part(layer, "keys", shape), part(layer, "values", shape)));
    }
    refresh();
  }

  private DeltaTensor part(int layer, String kind, long[] shape) {
    String name = PrefixTuningConfig.PROMPT + "." + layer + "." + kind;
    return new DeltaTensor(name, Tensors.empty(manager, Dtype.FLOAT32, shape));
  }

  /** As {@link Adapters#create}. */
  static PrefixAdapter create(
      NDManager parent, PrefixTuningConfig config, BaseModel base, long seed) {
    PrefixTuningConfig resolved = (PrefixTuningConfig) config.resolvedFor(base);
    AdapterParameters.requireCountable(resolved.trainedEntries(base));
    return resolved.hasProjection()
        ? projected(parent.newSubManager(), resolved, base, seed)
        : drawn(parent.newSubManager(), resolved, base, seed);
  }

  private static PrefixAdapter drawn(
      NDManager manager, PrefixTuningConfig config, BaseModel base, long seed) {
    TensorEntry entry = config.entry(base);
    int count = Math.toIntExact(entry.elements());
    float[] values =
        config.beginsWithZeros()
            ? new float[count]
            : new InitialValues(seed, entry.name()).normal(count, 1);
    return of(manager, config, base, Tensors.fromFloats(manager, values, entry.shape()));
  }

  private static PrefixAdapter projected(
      NDManager manager, PrefixTuningConfig config, BaseModel base, long seed) {
    PrefixEncoder.Shape shape = config.encoder(base);
    AdapterParameters parameters =
        AdapterParameters.of(
            shape.entries(),
            entry ->
                Tensors.fromFloats(
                    manager, shape.initial(entry, config.beginsWithZeros(), seed), entry.shape()));
    TensorEntry entry = config.entry(base);
    NDArray prompt = Tensors.empty(manager, Dtype.FLOAT32, entry.shape());
    return new PrefixAdapter(
        manager,
        config,
        base,
        parameters,
        new AdapterParameter(entry.name(), prompt, 0),
        Optional.of(PrefixEncoder.of(parameters.tensors())));
  }

  /** As {@link Adapters#load}: an encoder is in no file. */
  static PrefixAdapter load(
      NDManager parent, PrefixTuningConfig config, Path folder, BaseModel base) {
    TensorEntry entry = config.entry(base);
    AdapterReader reader = AdapterReader.open(folder, List.of(entry), Map.of());
    NDManager manager = parent.newSubManager();
    return of(manager, config, base, reader.fp32(manager, entry.name()));
  }

  private static PrefixAdapter of(
      NDManager manager, PrefixTuningConfig config, BaseModel base, NDArray prompt) {
    AdapterParameters parameters = AdapterParameters.of(List.of(config.entry(base)), any -> prompt);
    return new PrefixAdapter(
        manager, config, base, parameters, parameters.list().get(0), Optional.empty());
  }

  @Override
  public PrefixTuningConfig config() {
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
    return Optional.empty();
  }

  @Override
  public Optional<Prefix> prefix(int layer) {
    return Optional.of(layers.get(layer));
  }

  @Override
  public int virtualTokens() {
    return config.virtualTokens();
  }

  @Override
  public Optional<Derivation> derivation() {
    return Optional.of(this);
  }

  @Override
  public void refresh() {
    encoder.ifPresent(network -> network.encode(prompt.value()));
    for (int layer = 0; layer < layers.size(); layer++) {
      PrefixKernels.part(layers.get(layer).keys().value(), prompt.value(), 2L * layer);
      PrefixKernels.part(layers.get(layer).values().value(), prompt.value(), 2L * layer + 1);
    }
  }

  @Override
  public void pullBack(
      NDManager scope, Map<String, NDArray> gradients, BiConsumer<DeltaTensor, NDArray> trained) {
    List<NDArray> parts =
        layers.stream()
            .flatMap(prefix -> Stream.of(prefix.keys(), prefix.values()))
            .map(part -> gradients.get(part.name()))
            .toList();
    NDArray gradient = PrefixKernels.partsVjp(scope, parts);
    encoder.ifPresentOrElse(
        network -> network.pullBack(scope, gradient, trained),
        () -> trained.accept(prompt.tensor(), gradient));
  }

  /** The prompt alone, as PEFT has it, however it came about. */
  @Override
  public List<NamedTensor> savedTensors() {
    return List.of(AdapterWriter.tensor(prompt));
  }

  @Override
  public void close() {
    manager.close();
  }
}
