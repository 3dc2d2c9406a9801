package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Gathers an adapter's gradients in one array, at its offsets. */
final class FlatGradient implements GradientSink {
  private final Adapter adapter;
  private final float[] values;
  private final Set<String> begun = new HashSet<>();

  FlatGradient(Adapter adapter, float[] values) {
    if (values.length != adapter.parameterCount()) {
      throw new IllegalArgumentException(
          "gradient of %d for %d parameters".formatted(values.length, adapter.parameterCount()));
    }
    this.adapter = adapter;
    this.values = values;
    Arrays.fill(values, 0);
  }

  @Override
  public void add(String module, NDArray a, NDArray b) {
    Adapter.DeltaOffsets offsets = adapter.offsets(module);
    if (begun.add(module)) {
      Tensors.copyTo(a, values, offsets.a());
      Tensors.copyTo(b, values, offsets.b());
    } else {
      accumulate(a, offsets.a());
      accumulate(b, offsets.b());
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
