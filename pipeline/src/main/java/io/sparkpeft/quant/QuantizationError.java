package io.sparkpeft.quant;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How far quantised weights are from what they were.
 *
 * @param weights how many
 * @param largest absolute difference
 * @param sum of all absolute differences
 */
public record QuantizationError(long weights, double largest, double sum) implements Serializable {
  static final QuantizationError NONE = new QuantizationError(0, 0, 0);

  /** The mean absolute difference. */
  public double mean() {
    return weights == 0 ? 0 : sum / weights;
  }

  QuantizationError plus(QuantizationError other) {
    return new QuantizationError(
        weights + other.weights, Math.max(largest, other.largest), sum + other.sum);
  }

  static QuantizationError between(WeightReader before, QuantizedTensor after) {
    Dequantizer dequantizer = new Dequantizer();
    float[] original = new float[Dequantizer.PART_WEIGHTS];
    ByteBuffer expanded =
        ByteBuffer.allocateDirect(Dequantizer.PART_WEIGHTS * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    double largest = 0;
    double sum = 0;
    for (long from = 0; from < before.size(); from += Dequantizer.PART_WEIGHTS) {
      int count = (int) Math.min(Dequantizer.PART_WEIGHTS, before.size() - from);
      before.read(from, count, original);
      dequantizer.dequantize(after, from, count, expanded);
      for (int i = 0; i < count; i++) {
        double difference = Math.abs((double) original[i] - expanded.getFloat(i * Float.BYTES));
        largest = Math.max(largest, difference);
        sum += difference;
      }
    }
    return new QuantizationError(before.size(), largest, sum);
  }
}
