package io.sparkpeft.quant;

import io.sparkpeft.weights.TensorEntry;
import java.io.Serializable;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What quantising a checkpoint did.
 *
 * @param bytesBefore of all tensors
 * @param bytesAfter of all tensors
 * @param errors by the kind of the quantised weights: the last part of their modules' names
 */
public record QuantizationReport(
    long bytesBefore, long bytesAfter, SortedMap<String, QuantizationError> errors)
    implements Serializable {

  public QuantizationReport {
    errors = Collections.unmodifiableSortedMap(new TreeMap<>(errors));
  }

  /** Of all quantised weights together. */
  public QuantizationError error() {
    return errors.values().stream().reduce(QuantizationError.NONE, QuantizationError::plus);
  }

  /** Gathers what becomes known weight by weight. */
  static final class Builder {
    private final SortedMap<String, QuantizationError> errors = new TreeMap<>();
    private long bytesBefore;
    private long bytesAfter;

    void before(long bytes) {
      bytesBefore += bytes;
    }

    void after(long bytes) {
      bytesAfter += bytes;
    }

    void add(TensorEntry weight, QuantizationError error) {
      errors.merge(kind(weight.name()), error, QuantizationError::plus);
    }

    /** {@code q_proj} of {@code model.layers.0.self_attn.q_proj.weight}. */
    private static String kind(String weight) {
      String[] parts = weight.split("\\.");
      return parts[Math.max(0, parts.length - 2)];
    }

    QuantizationReport build() {
      return new QuantizationReport(bytesBefore, bytesAfter, errors);
    }
  }
}
