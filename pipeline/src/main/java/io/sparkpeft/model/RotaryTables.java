package io.sparkpeft.model;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
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
   * @param columns the length of the longest text at hand
   */
  RotaryTensors table(NDManager scope, int columns) {
    if (columns > config.maxPositionEmbeddings()) {
      return make(scope, columns); // dynamic scaling: another table for every length
    }
    int length = Math.min(config.maxPositionEmbeddings(), powerOfTwoFrom(columns));
    return byLength.computeIfAbsent(length, n -> make(manager, n)).first(scope, columns);
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
