package io.sparkpeft.model;

import io.sparkpeft.adapter.LinearModule;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All weights of a decoder with the shapes that they are stored in.
 *
 * @param byName under transformers' names
 */
record WeightShapes(Map<String, long[]> byName) {

  static WeightShapes of(DecoderConfig config) {
    WeightShapes shapes = new WeightShapes(new LinkedHashMap<>());
    ModuleNames names = config.names();
    shapes.table(names.embeddingModule(), config.vocabularySize(), config.hiddenSize());
    config
        .embedding()
        .learnedOffset()
        .ifPresent(
            offset ->
                shapes.table(
                    names.positionsModule(),
                    config.maxPositionEmbeddings() + offset,
                    config.hiddenSize()));
    for (int layer = 0; layer < config.layers(); layer++) {
      shapes.addLayer(config, layer);
    }
    if (config.hasFinalNorm()) {
      shapes.norm(config, names.finalNormModule(), config.hiddenSize());
    }
    if (!config.head().tied()) {
      shapes.table(ModuleNames.HEAD, config.vocabularySize(), config.hiddenSize());
    }
    if (config.head().biased()) {
      shapes.vector(ModuleNames.bias(ModuleNames.HEAD), config.vocabularySize());
    }
    return shapes;
  }

  static WeightShapes ofLayer(DecoderConfig config, int layer) {
    WeightShapes shapes = new WeightShapes(new LinkedHashMap<>());
    shapes.addLayer(config, layer);
    return shapes;
  }

  /** How many numbers they are together. */
  long count() {
    long count = 0;
    for (long[] shape : byName.values()) {
      long size = 1;
      for (long length : shape) {
        size *= length;
      }
      count += size;
    }
    return count;
  }

  Map<String, long[]> all() {
    return Collections.unmodifiableMap(byName);
  }

  private void addLayer(DecoderConfig config, int layer) {
    ModuleNames names = config.names();
    for (NormPlace place : config.residual().norms()) {
      norm(config, names.module(layer, place), config.hiddenSize());
    }
    if (config.attention().headNorms()) {
      norm(config, names.module(layer, NormPlace.QUERY), config.attention().headDim());
      norm(config, names.module(layer, NormPlace.KEY), config.attention().headDim());
    }
    for (Projection projection : config.projections()) {
      LinearModule module = config.module(layer, projection);
      if (names.transposed()) {
        table(module.name(), module.in(), module.out());
      } else {
        table(module.name(), module.out(), module.in());
      }
      if (config.biased().contains(projection)) {
        vector(ModuleNames.bias(module.name()), module.out());
      }
    }
    config.mlp().experts().ifPresent(experts -> addExperts(config, names.layer(layer), experts));
  }

  private void addExperts(DecoderConfig config, String layer, Experts experts) {
    long inner = config.mlp().intermediateSize();
    table(experts.router(layer), experts.count(), config.hiddenSize());
    experts
        .modules(layer, config.hiddenSize(), inner)
        .forEach(module -> table(module.name(), module.out(), module.in()));
  }

  private void norm(DecoderConfig config, String module, long features) {
    vector(ModuleNames.weight(module), features);
    if (config.normalization().kind() == NormKind.LAYER) {
      vector(ModuleNames.bias(module), features);
    }
  }

  private void table(String module, long rows, long columns) {
    byName.put(ModuleNames.weight(module), new long[] {rows, columns});
  }

  private void vector(String name, long size) {
    byName.put(name, new long[] {size});
  }
}
