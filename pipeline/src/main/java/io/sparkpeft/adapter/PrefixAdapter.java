package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.PrefixKernels;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Prefix tuning in memory: one trained matrix, whose parts layers see as keys and values. (Li and
 * Liang 2021, arXiv:2101.00190, without the projection that they train it through.)
 */
final class PrefixAdapter implements Adapter, Derivation {
  private final NDManager manager;
  private final PrefixTuningConfig config;
  private final AdapterParameters parameters;
  private final List<Prefix> layers = new ArrayList<>();

  private PrefixAdapter(
      NDManager manager,
      PrefixTuningConfig config,
      BaseModel base,
      TensorEntry entry,
      NDArray prompt) {
    this.manager = manager;
    this.config = config;
    this.parameters = AdapterParameters.of(List.of(entry), any -> prompt);
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
    if (config.hasProjection()) {
      throw AdapterErrors.notImplemented(
          "the adapter's settings", ExitCode.CONFIGURATION, "prefix_projection", Json.tree(true));
    }
    PrefixTuningConfig resolved = (PrefixTuningConfig) config.resolvedFor(base);
    TensorEntry entry = resolved.entry(base);
    AdapterParameters.requireCountable(List.of(entry));
    int count = Math.toIntExact(entry.elements());
    float[] values =
        resolved.beginsWithZeros()
            ? new float[count]
            : new InitialValues(seed, entry.name()).normal(count, 1);
    NDManager manager = parent.newSubManager();
    NDArray prompt = Tensors.fromFloats(manager, values, entry.shape());
    return new PrefixAdapter(manager, resolved, base, entry, prompt);
  }

  /** As {@link Adapters#load}. */
  static PrefixAdapter load(
      NDManager parent, PrefixTuningConfig config, Path folder, BaseModel base) {
    TensorEntry entry = config.entry(base);
    AdapterReader reader = AdapterReader.open(folder, List.of(entry), Map.of());
    NDManager manager = parent.newSubManager();
    return new PrefixAdapter(manager, config, base, entry, reader.fp32(manager, entry.name()));
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
    for (int layer = 0; layer < layers.size(); layer++) {
      PrefixKernels.part(layers.get(layer).keys().value(), prompt().value(), 2L * layer);
      PrefixKernels.part(layers.get(layer).values().value(), prompt().value(), 2L * layer + 1);
    }
  }

  private DeltaTensor prompt() {
    return parameters.list().get(0).tensor();
  }

  @Override
  public void pullBack(
      NDManager scope, Map<String, NDArray> gradients, BiConsumer<DeltaTensor, NDArray> trained) {
    List<NDArray> parts =
        layers.stream()
            .flatMap(prefix -> Stream.of(prefix.keys(), prefix.values()))
            .map(part -> gradients.get(part.name()))
            .toList();
    trained.accept(prompt(), PrefixKernels.partsVjp(scope, parts));
  }

  @Override
  public void close() {
    manager.close();
  }
}
