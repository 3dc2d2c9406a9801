package io.sparkpeft.model;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Weights of a model that nobody has trained, made in memory: ones for norms and biases, all else
 * uniform with transformers' default standard deviation of 0.02. A pure function of architecture,
 * type and seed. For measuring, where only shapes count.
 */
public final class RandomWeights implements TensorSource {
  private static final double BOUND = 0.02 * Math.sqrt(3);

  /** The increment of SplitMix64 (Steele et al. 2014). */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final Map<String, TensorEntry> entries;
  private final long seed;

  /**
   * @param stored float32 or bfloat16
   */
  public RandomWeights(DecoderConfig config, Dtype stored, long seed) {
    if (stored != Dtype.FLOAT32 && stored != Dtype.BFLOAT16) {
      throw new IllegalArgumentException("no random weights in " + stored.torchName());
    }
    Map<String, TensorEntry> named = new TreeMap<>();
    WeightShapes.of(config)
        .byName()
        .forEach((name, shape) -> named.put(name, new TensorEntry(name, stored, shape)));
    this.entries = Collections.unmodifiableMap(named);
    this.seed = seed;
  }

  @Override
  public Set<String> names() {
    return entries.keySet();
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return entry;
  }

  @Override
  public ByteBuffer bytes(String name) {
    TensorEntry entry = entry(name);
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(entry.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    int elements = Math.toIntExact(entry.elements());
    long state = seed + Arrays.hashCode(name.chars().toArray()) * GOLDEN;
    boolean isVector = entry.shape().length == 1;
    for (int i = 0; i < elements; i++) {
      state += GOLDEN;
      put(bytes, entry.dtype(), isVector ? 1 : uniform(state));
    }
    return bytes.flip();
  }

  private static void put(ByteBuffer bytes, Dtype dtype, float value) {
    if (dtype == Dtype.FLOAT32) {
      bytes.putFloat(value);
    } else {
      bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16)); // cut, not rounded
    }
  }

  /** In [-BOUND, BOUND), from 24 of the 64 bits. */
  private static float uniform(long state) {
    long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    long y = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return (float) (((y >>> 40) * 0x1p-23 - 1) * BOUND);
  }
}
