package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.HeadKernels.Loss;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cross-entropy by lanes, against torch's kernel, which has a twin of its own. */
class LanesCrossEntropyTest extends TwinTest {
  private static final double SCALE = 0.25;

  LanesCrossEntropyTest() {
    super(11);
  }

  private static Stream<LanesCrossEntropy> implementations() {
    return PlainLanes.andOfThisMachine().map(LanesCrossEntropy::new);
  }

  /** Vocabularies that fill groups of lanes, and that do not; the last two rows have no target. */
  @ParameterizedTest
  @CsvSource({
    // vocabulary, factor of logits, type, tolerance of the largest number
    "9, 1, FLOAT32, 2e-6",
    "32, 30, FLOAT32, 2e-6",
    "3001, 10, FLOAT32, 2e-6",
    "40, 3, BFLOAT16, 1e-2",
  })
  void lossAndGradient(int vocabulary, double factor, Dtype dtype, double tolerance) {
    NDArray logits = Tensors.cast(manager, random(Dtype.FLOAT32, 6, vocabulary).mul(factor), dtype);
    NDArray targets = manager.create(new long[] {3, 0, vocabulary - 1, 5});
    Loss expected =
        HeadKernels.crossEntropy(manager, logits, targets, SCALE, logits, RowWork.TORCH);

    implementations()
        .forEach(
            lanes -> {
              NDArray own = Tensors.emptyLike(manager, logits);
              Loss loss = lanes.lossAndGradient(logits, targets, SCALE, own);
              assertThat(loss.nats()).isCloseTo(expected.nats(), within(1e-6 * expected.nats()));
              assertThat(loss.gradient()).isSameAs(own);
              near(own, expected.gradient(), tolerance);

              NDArray overwritten = Tensors.cast(manager, logits, dtype);
              lanes.lossAndGradient(overwritten, targets, SCALE, overwritten);
              assertThat(Tensors.maxAbsDifference(overwritten, own)).isZero();
            });
  }

  @Test
  void whatIsNoNumberIsSeenInTheLoss() {
    NDArray targets = manager.create(new long[] {1});
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      NDArray logits = manager.create(new float[] {0, 1, value}).reshape(1, 3);
      implementations()
          .forEach(
              lanes ->
                  assertThat(lanes.lossAndGradient(logits.duplicate(), targets, 1, logits).nats())
                      .isNaN());
    }
  }
}
