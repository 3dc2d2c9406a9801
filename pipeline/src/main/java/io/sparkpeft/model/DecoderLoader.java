package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Makes a decoder's layers out of stored weights. */
final class DecoderLoader {
  private final NDManager manager;
  private final DecoderConfig config;
  private final TensorSource source;
  private final Dtype compute;
  private final List<String> order;

  private DecoderLoader(
      NDManager manager, DecoderConfig config, TensorSource source, Dtype compute) {
    this.manager = manager;
    this.config = config;
    this.source = source;
    this.compute = compute;
    this.order = config.linearModules().stream().map(LinearModule::name).toList();
  }

  /** What a decoder consists of. */
  record Parts(NDArray embedding, List<DecoderLayer> layers, Head head) {}

  static Parts load(NDManager manager, DecoderConfig config, TensorSource source, Dtype compute) {
    config
        .quantization()
        .ifPresent(
            method -> {
              throw ModelErrors.quantized(method);
            });
    DecoderLoader loader = new DecoderLoader(manager, config, source, compute);
    loader.check();
    return loader.parts();
  }

  /** All weights by name, with their shapes. */
  static Map<String, long[]> shapes(DecoderConfig config) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    long[] features = {config.hiddenSize()};
    shapes.put(
        ModuleNames.weight(ModuleNames.EMBEDDING),
        new long[] {config.vocabularySize(), config.hiddenSize()});
    for (int layer = 0; layer < config.layers(); layer++) {
      shapes.put(ModuleNames.weight(ModuleNames.attentionNorm(layer)), features);
      shapes.put(ModuleNames.weight(ModuleNames.mlpNorm(layer)), features);
    }
    shapes.put(ModuleNames.weight(ModuleNames.FINAL_NORM), features);
    for (LinearModule module : config.linearModules()) {
      if (!(config.tiedHead() && module.name().equals(ModuleNames.HEAD))) {
        shapes.put(ModuleNames.weight(module.name()), new long[] {module.out(), module.in()});
      }
    }
    return shapes;
  }

  private void check() {
    List<String> wrong = new ArrayList<>();
    Map<String, long[]> shapes = shapes(config);
    shapes.forEach(
        (name, shape) -> {
          if (!source.names().contains(name)) {
            wrong.add(name + " is missing");
          } else if (!Arrays.equals(source.entry(name).shape(), shape)) {
            wrong.add(
                "%s is %s instead of %s"
                    .formatted(
                        name, Arrays.toString(source.entry(name).shape()), Arrays.toString(shape)));
          } else if (!source.entry(name).dtype().isFloatingPoint()) {
            wrong.add(name + " is stored as " + source.entry(name).dtype().torchName());
          }
        });
    Set<String> unexpected = new TreeSet<>(source.names());
    unexpected.removeAll(shapes.keySet());
    unexpected.removeIf(DecoderLoader::isHarmless);
    unexpected.forEach(name -> wrong.add(name + " is not expected"));
    if (!wrong.isEmpty()) {
      throw ModelErrors.weightsDoNotFit(wrong);
    }
  }

  /** Some checkpoints store what follows from the config, or a tied head a second time. */
  private static boolean isHarmless(String name) {
    return name.endsWith(".rotary_emb.inv_freq")
        || name.equals(ModuleNames.weight(ModuleNames.HEAD));
  }

  private Parts parts() {
    NDArray embedding = tensor(ModuleNames.EMBEDDING);
    List<DecoderLayer> layers = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      layers.add(layer(layer));
    }
    NDArray head = config.tiedHead() ? embedding : tensor(ModuleNames.HEAD);
    return new Parts(
        embedding,
        List.copyOf(layers),
        new Head(
            norm(ModuleNames.FINAL_NORM),
            new Linear(ModuleNames.HEAD, order.indexOf(ModuleNames.HEAD), head)));
  }

  private DecoderLayer layer(int layer) {
    return new DecoderLayer(
        new AttentionBlock(
            norm(ModuleNames.attentionNorm(layer)),
            linear(layer, Projection.QUERY),
            linear(layer, Projection.KEY),
            linear(layer, Projection.VALUE),
            linear(layer, Projection.OUTPUT),
            config.attention().headDim()),
        new MlpBlock(
            norm(ModuleNames.mlpNorm(layer)),
            linear(layer, Projection.GATE),
            linear(layer, Projection.UP),
            linear(layer, Projection.DOWN)));
  }

  private Linear linear(int layer, Projection projection) {
    String name = projection.module(config, layer).name();
    return new Linear(name, order.indexOf(name), tensor(name));
  }

  private Norm norm(String module) {
    return new Norm(tensor(module), config.norm().eps());
  }

  private NDArray tensor(String module) {
    TensorEntry stored = source.entry(ModuleNames.weight(module));
    NDArray mapped =
        Tensors.fromBytes(manager, source.bytes(stored.name()), stored.dtype(), stored.shape());
    if (stored.dtype() == compute) {
      return mapped;
    }
    try (mapped) {
      return Tensors.cast(manager, mapped, compute);
    }
  }
}
