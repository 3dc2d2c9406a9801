package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The rotary tables of a decoder, each made the first time that a text so long comes along. */
final class RotaryTables {
  private static final int SHORTEST = 128;

  private final NDManager manager;
  private final DecoderConfig config;
  private final Dtype compute;
  private final Map<Integer, RotaryTensors> byLength = new ConcurrentHashMap<>();

  RotaryTables(NDManager manager, DecoderConfig config, Dtype compute) {
    this.manager = manager;
    this.config = config;
    this.compute = compute;
  }

  /**
   * Cosines and sines of the positions.
   *
   * @param longest tokens of the longest text at hand
   */
  RotaryTensors at(NDManager scope, long[] positions, int longest) {
    NDArray places = Tensors.fromLongs(scope, positions, positions.length);
    if (longest > config.maxPositionEmbeddings()) {
      return make(scope, longest).at(scope, places); // dynamic scaling: a table for every length
    }
    int length = Math.min(config.maxPositionEmbeddings(), powerOfTwoFrom(longest));
    return byLength.computeIfAbsent(length, n -> make(manager, n)).at(scope, places);
  }

  private RotaryTensors make(NDManager scope, int columns) {
    int headDim = config.attention().headDim();
    Rotary.Table table = config.rotary().table(columns, headDim, config.maxPositionEmbeddings());
    return RotaryTensors.of(scope, table, headDim, compute);
  }

  private static int powerOfTwoFrom(int columns) {
    return Math.max(SHORTEST, Integer.highestOneBit(2 * columns - 1));
  }
}
