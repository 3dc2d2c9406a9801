package io.sparkpeft.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.quant.DequantizedTensors;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizationConfig;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.quant.QuantizingTensors;
import io.sparkpeft.quant.WeightToQuantize;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.util.List;

/** A checkpoint with its linear layers in four bits, and back, one weight in memory at a time. */
public final class FourBits {
  private FourBits() {}

  /** The checkpoint with its linear layers in four bits, as {@code quantize} would write it. */
  public static TensorSource packed(
      DecoderConfig config, TensorSource floats, Quantization settings) {
    return new QuantizingTensors(
        floats, targets(config, floats), settings, ByteBuffer::allocateDirect);
  }

  /**
   * The values that linear layers in four bits stand for.
   *
   * @param stored in four bits, or in floats that are taken through them
   * @param settings of the four bits
   */
  public static TensorSource expanded(
      DecoderConfig config, TensorSource stored, Quantization settings) {
    TensorSource packed = isPacked(stored) ? stored : packed(config, stored, settings);
    return new DequantizedTensors(packed, targets(config, packed));
  }

  /** The {@code quantization_config} of a checkpoint that was packed so. */
  public static ObjectNode config(Quantization settings, DecoderConfig config) {
    return QuantizationConfig.of(
        settings, List.of(ModuleNames.HEAD), config.stored().orElse(Dtype.FLOAT32));
  }

  /** Whether any of its weights is in four bits already. */
  public static boolean isPacked(TensorSource stored) {
    return stored.names().stream().anyMatch(name -> QuantizedFormat.isQuantized(stored, name));
  }

  private static List<WeightToQuantize> targets(DecoderConfig config, TensorSource source) {
    return StoredQuantization.targets(config, new StoredNames(config, source.names()));
  }
}
