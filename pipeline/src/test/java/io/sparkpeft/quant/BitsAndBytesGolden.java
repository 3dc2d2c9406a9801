package io.sparkpeft.quant;

import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.TensorEntry;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** What reference/bitsandbytes_4bit.py wrote: weights, and what bitsandbytes makes of them. */
final class BitsAndBytesGolden {
  private static final SafetensorsFile FILE = open();

  private BitsAndBytesGolden() {}

  /**
   * One way of quantising a weight.
   *
   * @param name {@code partial/nf4/32/nested}
   */
  record Case(String name) {
    String weight() {
      return name.split("/")[0];
    }

    Quantization settings() {
      String[] parts = name.split("/");
      return new Quantization(
          QuantType.of(parts[1]).orElseThrow(), Integer.parseInt(parts[2]), parts.length > 3);
    }

    byte[] bytes(String part) {
      return BitsAndBytesGolden.bytes(FILE.bytes(name + ":" + part));
    }

    float[] floats(String part) {
      return BitsAndBytesGolden.floats(FILE.bytes(name + ":" + part));
    }

    boolean has(String part) {
      return FILE.contains(name + ":" + part);
    }

    TensorEntry entry() {
      return FILE.entry(weight());
    }

    QuantizedTensor quantized() {
      ByteBuffer packed =
          ByteBuffer.allocateDirect(QuantizedTensor.packedBytes(entry().elements()));
      return QuantizedTensor.quantize(entry(), FILE.bytes(weight()), false, settings(), packed);
    }

    /** The scales of all blocks in fp32. */
    float[] scales() {
      return new BlockQuantizer(
              weight(), new WeightReader(entry(), FILE.bytes(weight()), false), settings())
          .scales();
    }
  }

  static List<Case> cases() {
    return FILE.names().stream()
        .filter(name -> name.endsWith(":packed"))
        .map(name -> new Case(name.substring(0, name.indexOf(':'))))
        .toList();
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  static float[] floats(ByteBuffer buffer) {
    float[] floats = new float[buffer.remaining() / Float.BYTES];
    buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  static ByteBuffer direct(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static SafetensorsFile open() {
    try {
      return Safetensors.open(
          Path.of(BitsAndBytesGolden.class.getResource("bitsandbytes_4bit.safetensors").toURI()));
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
