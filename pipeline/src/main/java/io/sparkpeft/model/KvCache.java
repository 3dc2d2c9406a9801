package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.AttentionKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The keys and values of all positions so far, by layer. */
record KvCache(List<Layer> layers) {
  KvCache {
    layers = List.copyOf(layers);
  }

  /**
   * @param keys rotated, [rows, kvHeads, positions, headDim]
   * @param values of the same shape
   */
  record Layer(NDArray keys, NDArray values) {
    private Layer each(UnaryOperator<NDArray> change) {
      return new Layer(change.apply(keys), change.apply(values));
    }
  }

  /**
   * Room for so many rows and positions.
   *
   * @param like a tensor of the type that keys have
   */
  static KvCache empty(
      NDManager scope, DecoderConfig config, NDArray like, int rows, long positions) {
    DecoderConfig.Attention shape = config.attention();
    return new KvCache(
        Stream.generate(
                () ->
                    new Layer(
                        AttentionKernels.emptyCache(
                            scope, like, rows, shape.kvHeads(), positions, shape.headDim()),
                        AttentionKernels.emptyCache(
                            scope, like, rows, shape.kvHeads(), positions, shape.headDim())))
            .limit(config.layers())
            .toList());
  }

  /** The first positions alone, in the same memory: what is beyond costs nothing. */
  KvCache first(NDManager scope, long positions) {
    return new KvCache(
        layers.stream()
            .map(
                layer ->
                    layer.each(cache -> AttentionKernels.firstPositions(scope, cache, positions)))
            .toList());
  }

  /** The first positions of the only row, in the same memory. */
  List<Past> past(NDManager scope, long positions) {
    return layers.stream()
        .map(
            layer ->
                new Past(
                    AttentionKernels.onlyRow(scope, layer.keys(), positions),
                    AttentionKernels.onlyRow(scope, layer.values(), positions)))
        .toList();
  }

  /** Some rows alone; this cache is closed, layer by layer. */
  KvCache keep(NDManager scope, long[] rows) {
    try (NDArray kept = Tensors.fromLongs(scope, rows, rows.length)) {
      return new KvCache(
          layers.stream().map(layer -> layer.each(cache -> moved(scope, cache, kept))).toList());
    }
  }

  private static NDArray moved(NDManager scope, NDArray cache, NDArray rows) {
    try (cache) {
      return AttentionKernels.keptRows(scope, cache, rows);
    }
  }
}
