package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;

/**
 * RMS norms on a CPU, some rows at a time, which stay in the processor's cache. (Zhang and Sennrich
 * 2019, arXiv:1910.07467.) x [rows, features] in fp32 or bfloat16, w [features]; computes in fp32.
 */
final class NormPass {
  /** Numbers of the rows that are worked on together. */
  private static final int BLOCK = 4096;

  private final LanesNorm by;
  private final int features;
  private final int rows;
  private final int stride;
  private final int rowsAtOnce;
  private final double eps;

  /** Whether x n is rounded to bfloat16 before w comes to it, as transformers does. */
  private final boolean roundsTwice;

  private final TensorRows x;
  private final float[] w;
  private final float[] sums = new float[Lanes.COUNT];

  /**
   * @param offset added to w
   */
  NormPass(LanesNorm by, NDArray x, NDArray w, double eps, float offset) {
    this.by = by;
    this.features = Math.toIntExact(x.getShape().tail());
    this.rows = Math.toIntExact(x.size() / features);
    this.stride = TensorRows.wholeLanes(features);
    this.rowsAtOnce = Math.max(1, BLOCK / stride);
    this.eps = eps;
    this.x = by.rows(x, features);
    this.roundsTwice = this.x.areHalves() && offset == 0;
    this.w = new float[stride];
    by.rows(w, features).read(0, 0, features, this.w, 0);
    for (int i = 0; i < features; i++) {
      this.w[i] += offset;
    }
    Arrays.fill(this.w, features, stride, 0);
  }

  /** y = x n w with n = 1 / sqrt(mean(x^2) + eps). */
  void forward(NDArray result) {
    TensorRows y = by.rows(result, features);
    RowBlock rowsOfX = new RowBlock(rowsAtOnce, features, stride);
    float[] block = rowsOfX.values();
    for (int first = 0; first < rows; first += rowsAtOnce) {
      int count = Math.min(rowsAtOnce, rows - first);
      rowsOfX.read(x, first, count);
      for (int at = 0; at < count * stride; at += stride) {
        by.lanes().scale(block, at, stride, inverseRms(block, at));
        if (roundsTwice) {
          by.lanes().round(block, at, stride);
        }
        by.lanes().multiply(block, at, stride, w);
      }
      rowsOfX.write(y, first, count);
    }
  }

  /**
   * With g = gy w: gx = n g - x n^3 mean(g x).
   *
   * @param gys the gradients of all that read y
   */
  void backward(List<NDArray> gys, NDArray result) {
    List<TensorRows> ofReaders = gys.stream().map(gy -> by.rows(gy, features)).toList();
    TensorRows gx = by.rows(result, features);
    RowBlock rowsOfX = new RowBlock(rowsAtOnce, features, stride);
    RowBlock rowsOfG = new RowBlock(rowsAtOnce, features, stride);
    RowBlock more = new RowBlock(rowsAtOnce, features, stride);
    float[] block = rowsOfX.values();
    float[] g = rowsOfG.values();
    for (int first = 0; first < rows; first += rowsAtOnce) {
      int count = Math.min(rowsAtOnce, rows - first);
      rowsOfX.read(x, first, count);
      rowsOfG.read(ofReaders.get(0), first, count);
      for (TensorRows other : ofReaders.subList(1, ofReaders.size())) {
        more.read(other, first, count);
        by.lanes().add(g, 0, count * stride, more.values(), 0);
      }
      for (int at = 0; at < count * stride; at += stride) {
        by.lanes().multiply(g, at, stride, w);
        float n = inverseRms(block, at);
        float mean = mean(g, block, at);
        by.lanes().combine(g, at, stride, n, block, at, -n * n * n * mean);
      }
      rowsOfG.write(gx, first, count);
    }
  }

  private float inverseRms(float[] block, int at) {
    return (float) (1 / Math.sqrt(mean(block, block, at) + eps));
  }

  /** Of the products of two rows. */
  private float mean(float[] a, float[] b, int at) {
    by.lanes().dot(a, at, b, at, stride, sums);
    return Lanes.sum(sums, 0) / features;
  }
}
