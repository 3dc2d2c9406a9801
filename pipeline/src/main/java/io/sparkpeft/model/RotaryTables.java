package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The rotary tables of a decoder, each made the first time that a text so long comes along. */
final class RotaryTables {
  private static final int SHORTEST = 128;

  private final NDManager manager;
  private final int maxPositionEmbeddings;
  private final List<Rotary> kinds;
  private final Dtype compute;
  private final RotaryTensors still;
  private final Map<Key, RotaryTensors> kept = new ConcurrentHashMap<>();

  private record Key(Rotary rotary, int length) {}

  RotaryTables(NDManager manager, DecoderConfig config, Dtype compute) {
    this.manager = manager;
    this.maxPositionEmbeddings = config.maxPositionEmbeddings();
    this.kinds =
        config.layerPlans().stream().flatMap(layer -> layer.rotary().stream()).distinct().toList();
    this.compute = compute;
    this.still = RotaryTensors.still(manager, compute);
  }

  /**
   * What attention needs to know of the positions.
   *
   * @param texts how many of the tokens each text has
   * @param positions of the tokens in their texts; a text's last one tells how long it is so far
   */
  Positions at(NDManager scope, Documents texts, long[] positions) {
    NDArray ids = Tensors.fromLongs(scope, positions, positions.length);
    Map<Rotary, RotaryTensors> turning = new LinkedHashMap<>();
    kinds.forEach(rotary -> turning.put(rotary, at(scope, rotary, texts, positions, ids)));
    return new Positions(ids, turning, still);
  }

  private RotaryTensors at(
      NDManager scope, Rotary rotary, Documents texts, long[] positions, NDArray ids) {
    int longest = Math.toIntExact(Arrays.stream(positions).max().orElse(0) + 1);
    if (longest <= rotary.scaling().stableLength(maxPositionEmbeddings)) {
      return table(scope, rotary, longest).at(scope, ids);
    }
    List<RotaryTensors> parts = new ArrayList<>();
    int from = 0;
    for (long tokens : texts.lengths()) {
      int to = from + Math.toIntExact(tokens);
      long[] own = Arrays.copyOfRange(positions, from, to);
      RotaryTensors table = table(scope, rotary, Math.toIntExact(positions[to - 1] + 1));
      parts.add(table.at(scope, Tensors.fromLongs(scope, own, own.length)));
      from = to;
    }
    return RotaryTensors.joined(scope, parts);
  }

  private RotaryTensors table(NDManager scope, Rotary rotary, int longest) {
    int stable = rotary.scaling().stableLength(maxPositionEmbeddings);
    if (longest > stable) {
      return make(scope, rotary, longest); // the wavelengths depend on the length
    }
    Key key = new Key(rotary, Math.min(stable, powerOfTwoFrom(longest)));
    return kept.computeIfAbsent(key, k -> make(manager, rotary, k.length()));
  }

  private RotaryTensors make(NDManager scope, Rotary rotary, int columns) {
    Rotary.Table table = rotary.table(columns, maxPositionEmbeddings);
    return RotaryTensors.of(scope, table, rotary.features(), compute);
  }

  private static int powerOfTwoFrom(int columns) {
    return Math.max(SHORTEST, Integer.highestOneBit(2 * columns - 1));
  }
}
