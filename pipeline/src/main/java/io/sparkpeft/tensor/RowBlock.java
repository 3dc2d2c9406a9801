package io.sparkpeft.tensor;

import java.util.Arrays;

/** Some rows of a tensor in fp32, each followed by zeros up to its stride. */
final class RowBlock {
  private final float[] values;
  private final int features;
  private final int stride;

  /**
   * @param stride whole groups of lanes that hold the features
   */
  RowBlock(int rows, int features, int stride) {
    this.features = features;
    this.stride = stride;
    this.values = new float[rows * stride];
  }

  /** Row i begins at {@code i stride}. */
  float[] values() {
    return values;
  }

  int stride() {
    return stride;
  }

  /** Rows of the tensor from {@code first} on; zeros behind them. */
  void read(TensorRows from, int first, int count) {
    if (stride == features) {
      from.read(0, first, count * features, values, 0);
    } else {
      for (int i = 0; i < count; i++) {
        from.read(0, first + i, features, values, i * stride);
        Arrays.fill(values, i * stride + features, (i + 1) * stride, 0);
      }
    }
    Arrays.fill(values, count * stride, values.length, 0);
  }

  void write(TensorRows to, int first, int count) {
    if (stride == features) {
      to.write(0, first, count * features, values, 0);
      return;
    }
    for (int i = 0; i < count; i++) {
      to.write(0, first + i, features, values, i * stride);
    }
  }
}
