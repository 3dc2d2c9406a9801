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
import java.util.Set;
import java.util.stream.Collectors;

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
   * The checkpoint with the same weights in four bits as another has; where that has none, as
   * {@code quantize} would choose them.
   *
   * @param like a checkpoint of the same model
   */
  public static TensorSource packedLike(
      TensorSource like, DecoderConfig config, TensorSource floats, Quantization settings) {
    if (!isPacked(like)) {
      return packed(config, floats, settings);
    }
    Set<String> transposed =
        targets(config, floats).stream()
            .filter(WeightToQuantize::transposed)
            .map(WeightToQuantize::name)
            .collect(Collectors.toUnmodifiableSet());
    List<WeightToQuantize> targets =
        like.names().stream()
            .filter(name -> QuantizedFormat.isQuantized(like, name))
            .map(name -> new WeightToQuantize(name, transposed.contains(name)))
            .toList();
    return new QuantizingTensors(floats, targets, settings, ByteBuffer::allocateDirect);
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
        settings, StoredQuantization.skipped(config), config.stored().orElse(Dtype.FLOAT32));
  }

  /** Whether any of its weights is in four bits already. */
  public static boolean isPacked(TensorSource stored) {
    return stored.names().stream().anyMatch(name -> QuantizedFormat.isQuantized(stored, name));
  }

  private static List<WeightToQuantize> targets(DecoderConfig config, TensorSource source) {
    return StoredQuantization.targets(config, new StoredNames(config, source.names()));
  }
}
