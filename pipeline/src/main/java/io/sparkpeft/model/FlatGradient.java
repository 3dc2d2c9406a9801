package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.DeltaTensor;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Gathers an adapter's gradients in one array, at its offsets. */
final class FlatGradient implements GradientSink {
  private final Map<String, Integer> offsets;
  private final float[] values;
  private final Set<String> begun = new HashSet<>();

  /**
   * @param offsets of the adapter's tensors
   * @param values overwritten
   */
  FlatGradient(Map<String, Integer> offsets, float[] values) {
    this.offsets = offsets;
    this.values = values;
    Arrays.fill(values, 0);
  }

  /** Where the gradients of an adapter's tensors begin in the flat gradient. */
  static Map<String, Integer> offsets(Adapter adapter) {
    return adapter.parameters().stream()
        .collect(Collectors.toUnmodifiableMap(AdapterParameter::name, AdapterParameter::offset));
  }

  @Override
  public void add(DeltaTensor of, NDArray gradient) {
    int offset = offsets.get(of.name());
    if (begun.add(of.name())) {
      Tensors.copyTo(gradient, values, offset);
    } else {
      accumulate(gradient, offset);
    }
  }

  private void accumulate(NDArray gradient, int offset) {
    float[] more = new float[Math.toIntExact(gradient.size())];
    Tensors.copyTo(gradient, more, 0);
    for (int i = 0; i < more.length; i++) {
      values[offset + i] += more[i];
    }
  }
}
