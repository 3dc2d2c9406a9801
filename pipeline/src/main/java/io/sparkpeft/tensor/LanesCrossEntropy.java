package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.HeadKernels.Loss;
import java.util.Arrays;

/**
 * Cross-entropy on a CPU, see {@link RowWork#LANES}: the logits of one place at a time, which stay
 * in the processor's cache until their gradient is written. It computes in fp32, whatever the
 * logits' type is.
 */
final class LanesCrossEntropy {
  private static final float[] ONES = Lanes.ones();

  private final Lanes lanes;
  private final RowLanes rows;

  LanesCrossEntropy(ProcessorLanes by) {
    this.lanes = by.lanes();
    this.rows = by.rows();
  }

  /** With this machine's vectors, which must be there. */
  static LanesCrossEntropy here() {
    return new LanesCrossEntropy(ProcessorLanes.here());
  }

  /**
   * As {@link HeadKernels#crossEntropy}.
   *
   * @param gradient of the logits' shape and type, written into; may be the logits
   */
  Loss lossAndGradient(NDArray logits, NDArray targets, double scale, NDArray gradient) {
    double[] nats = new double[1];
    KernelObservation.observe(
        "cross_entropy",
        () -> nats[0] = pass(logits, targets.toLongArray(), (float) scale, gradient));
    return new Loss(nats[0], gradient);
  }

  private double pass(NDArray logits, long[] targets, float scale, NDArray result) {
    int vocabulary = Math.toIntExact(logits.getShape().tail());
    TensorRows from = TensorRows.of(logits, 0, vocabulary, lanes);
    TensorRows to = TensorRows.of(result, 0, vocabulary, lanes);
    float[] row = new float[TensorRows.wholeLanes(vocabulary)];
    double loss = 0;
    for (int i = 0; i < targets.length; i++) {
      from.read(0, i, vocabulary, row, 0);
      Arrays.fill(row, vocabulary, row.length, Float.NEGATIVE_INFINITY);
      loss += ofRow(row, Math.toIntExact(targets[i]), scale);
      to.write(0, i, vocabulary, row, 0);
    }
    Arrays.fill(row, 0);
    for (int i = targets.length; i < logits.getShape().get(0); i++) {
      to.write(0, i, vocabulary, row, 0);
    }
    return loss;
  }

  /**
   * @param row logits; then their gradient
   */
  private double ofRow(float[] row, int target, float scale) {
    int groups = row.length / Lanes.COUNT;
    rows.scale(row, 0, row.length, Lanes.LOG2_E);
    float[] top = new float[Lanes.COUNT];
    lanes.highest(row, groups, top);
    for (float lane : top) {
      top[0] = Math.max(top[0], lane);
    }
    Arrays.fill(top, top[0]);
    double belowTop = (double) top[0] - row[target];

    float[] totals = new float[Lanes.COUNT];
    lanes.raise(row, groups, top, ONES, totals);
    double total = 0;
    for (float lane : totals) {
      total += lane;
    }
    rows.scale(row, 0, row.length, (float) (scale / total));
    row[target] -= scale;
    return Math.log(total) + belowTop * Math.log(2);
  }
}
