package io.sparkpeft.model;

import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizedTensor;
import java.util.Optional;

/**
 * What a decoder's weights in four bits take.
 *
 * @param settings of the first of them
 * @param weights how many
 * @param bytes of their codes and scales
 */
public record QuantizedWeights(Quantization settings, long weights, long bytes) {

  /** Bits that a weight takes with its share of the scales. */
  public double bitsPerWeight() {
    return (double) Byte.SIZE * bytes / weights;
  }

  static QuantizedWeights with(Optional<QuantizedWeights> others, QuantizedTensor tensor) {
    return new QuantizedWeights(
        others.map(QuantizedWeights::settings).orElse(tensor.settings()),
        others.map(QuantizedWeights::weights).orElse(0L) + tensor.elements(),
        others.map(QuantizedWeights::bytes).orElse(0L) + tensor.bytes());
  }
}
