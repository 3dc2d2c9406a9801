package io.sparkpeft.quant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Quantised weights among the tensors of a checkpoint, as bitsandbytes lays them out: beside {@code
 * m.weight} (uint8, two codes in a byte) lie {@code m.weight.absmax}, {@code .quant_map}, {@code
 * .nested_absmax} and {@code .nested_quant_map} where the scales are quantised too, and a JSON text
 * in uint8, {@code .quant_state.bitsandbytes__nf4}. Read files are taken at their word: the maps in
 * them decode, not those that we would write.
 */
public final class QuantizedFormat {
  private static final String WEIGHT = ".weight";
  static final String ABSMAX = ".absmax";
  static final String QUANT_MAP = ".quant_map";
  static final String NESTED_ABSMAX = ".nested_absmax";
  static final String NESTED_QUANT_MAP = ".nested_quant_map";
  static final String STATE = ".quant_state.";

  private QuantizedFormat() {}

  /** The type of a checkpoint's first weight that is not quantised, nor part of one that is. */
  public static Dtype plainDtype(TensorSource source) {
    return source.names().stream()
        .filter(name -> !name.contains(WEIGHT + "."))
        .map(name -> source.entry(name).dtype())
        .filter(Dtype::isFloatingPoint)
        .findFirst()
        .orElse(Dtype.FLOAT32);
  }

  /** Whether that weight of a checkpoint is quantised. */
  public static boolean isQuantized(TensorSource source, String weight) {
    return type(source, weight).isPresent();
  }

  /**
   * The same where no more than names are known.
   *
   * @param stored those of all tensors of the checkpoint
   */
  public static boolean isQuantized(Set<String> stored, String weight) {
    return Arrays.stream(QuantType.values()).anyMatch(type -> stored.contains(state(weight, type)));
  }

  /** The names of all that may lie beside a quantised weight. */
  public static List<String> companions(String weight) {
    Stream<String> states = Arrays.stream(QuantType.values()).map(type -> state(weight, type));
    return Stream.concat(
            Stream.of(ABSMAX, QUANT_MAP, NESTED_ABSMAX, NESTED_QUANT_MAP)
                .map(suffix -> weight + suffix),
            states)
        .toList();
  }

  static String state(String weight, QuantType type) {
    return weight + STATE + type.stateName();
  }

  private static Optional<QuantType> type(TensorSource source, String weight) {
    return Arrays.stream(QuantType.values())
        .filter(type -> source.contains(state(weight, type)))
        .findFirst();
  }

  /**
   * A weight's shape before it was quantised, without its values.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if its state cannot be read
   */
  public static TensorEntry entry(TensorSource source, String weight) {
    State state = State.read(source, weight, type(source, weight).orElseThrow());
    return new TensorEntry(weight, state.dtype(), state.shape());
  }

  /**
   * Maps a quantised weight; its pages are read when it is expanded.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if its state cannot be read or its parts do
   *     not fit, (66) if one is missing
   */
  public static QuantizedTensor read(TensorSource source, String weight) {
    State state = State.read(source, weight, type(source, weight).orElseThrow());
    long elements = Arrays.stream(state.shape()).reduce(1, Math::multiplyExact);
    Quantization settings = state.settings();
    int blocks = Math.toIntExact(settings.blocks(elements));
    return new QuantizedTensor(
        settings,
        state.dtype(),
        state.shape(),
        part(source, weight, "", settings, Quantization.packedBytes(elements)),
        state.nestedOffset().isPresent()
            ? nested(source, weight, settings, blocks, state.nestedOffset().get())
            : new Scales.Plain(part(source, weight, ABSMAX, settings, (long) blocks * Float.BYTES)),
        floats(part(source, weight, QUANT_MAP, settings, (long) Codebook.SIZE * Float.BYTES)));
  }

  private static Scales nested(
      TensorSource source, String weight, Quantization settings, int blocks, float offset) {
    long groups = Quantization.ceil(blocks, Quantization.NESTED_BLOCK);
    long mapBytes = (long) DynamicMap.SIZE * Float.BYTES;
    return new Scales.Nested(
        part(source, weight, ABSMAX, settings, blocks),
        part(source, weight, NESTED_ABSMAX, settings, groups * Float.BYTES),
        floats(part(source, weight, NESTED_QUANT_MAP, settings, mapBytes)),
        offset);
  }

  /** The bytes count, not the type: bitsandbytes may keep codes under any type's name. */
  private static ByteBuffer part(
      TensorSource source, String weight, String suffix, Quantization settings, long bytes) {
    TensorEntry entry = source.entry(weight + suffix);
    if (entry.bytes() != bytes) {
      throw QuantErrors.brokenState(
          weight,
          "%s%s has %d bytes instead of %d, as %s asks for."
              .formatted(weight, suffix, entry.bytes(), bytes, settings.text()));
    }
    return source.bytes(entry.name());
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /**
   * What the JSON text beside a weight says.
   *
   * @param nestedOffset of the quantised scales, if they are
   */
  record State(Quantization settings, Dtype dtype, long[] shape, Optional<Float> nestedOffset) {

    /** In the order and with the blanks of Python's {@code json.dumps}, as bitsandbytes does. */
    byte[] text() {
      String dimensions =
          Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
      String text =
          "{\"quant_type\": \"%s\", \"blocksize\": %d, \"dtype\": \"%s\", \"shape\": [%s]"
              .formatted(
                  settings.type().text(), settings.blockSize(), dtype.torchName(), dimensions);
      String nested =
          nestedOffset
              .map(
                  offset ->
                      ", \"nested_blocksize\": "
                          + Quantization.NESTED_BLOCK
                          + ", \"nested_dtype\": \"float32\", \"nested_offset\": "
                          + (double) offset)
              .orElse("");
      return (text + nested + "}").getBytes(StandardCharsets.UTF_8);
    }

    static State read(TensorSource source, String weight, QuantType type) {
      ByteBuffer bytes = source.bytes(state(weight, type));
      try {
        return of(weight, type, Json.parse(StandardCharsets.UTF_8.decode(bytes).toString()));
      } catch (JsonProcessingException e) {
        throw QuantErrors.brokenState(weight, "Its quant_state is no JSON.");
      }
    }

    private static State of(String weight, QuantType type, JsonNode json) {
      Dtype dtype =
          Dtype.ofTorchName(json.path("dtype").asText())
              .filter(Dtype::isFloatingPoint)
              .orElseThrow(() -> unreadable(weight, "dtype", json));
      int blockSize = json.path("blocksize").asInt();
      if (!Quantization.isBlockSize(blockSize)) {
        throw unreadable(weight, "blocksize", json);
      }
      if (!json.path("shape").isArray()) {
        throw unreadable(weight, "shape", json);
      }
      long[] shape = new long[json.path("shape").size()];
      for (int i = 0; i < shape.length; i++) {
        shape[i] = json.path("shape").get(i).asLong();
      }
      boolean nested = json.has("nested_offset");
      if (nested && json.path("nested_blocksize").asInt() != Quantization.NESTED_BLOCK) {
        throw unreadable(weight, "nested_blocksize", json);
      }
      Optional<Float> offset =
          nested ? Optional.of(json.path("nested_offset").floatValue()) : Optional.empty();
      return new State(new Quantization(type, blockSize, nested), dtype, shape, offset);
    }

    private static RuntimeException unreadable(String weight, String key, JsonNode json) {
      return QuantErrors.brokenState(
          weight, "Its quant_state has " + key + " = " + json.path(key) + ".");
    }
  }
}
