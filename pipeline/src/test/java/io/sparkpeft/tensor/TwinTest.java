package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Holds kernels to their obvious twins, on random values. */
abstract class TwinTest {
  final Random random;
  NDManager manager;
  private final double tolerance;

  /**
   * @param tolerance how far values may differ
   */
  TwinTest(long seed, double tolerance) {
    this.random = new Random(seed);
    this.tolerance = tolerance;
  }

  /** For tests that say each time how near values are to be. */
  TwinTest(long seed) {
    this(seed, 0);
  }

  @BeforeEach
  final void openManager() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  final void closeManager() {
    manager.close();
  }

  /** From the standard normal distribution. */
  final NDArray random(long... shape) {
    float[] values = new float[Math.toIntExact(new Shape(shape).size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.fromFloats(manager, values, shape);
  }

  /** The same, rounded. */
  final NDArray random(Dtype dtype, long... shape) {
    return Tensors.cast(manager, random(shape), dtype);
  }

  final NDArray oracle(String name, NDArray... arguments) {
    return Oracle.tensor(manager, name, arguments);
  }

  final void same(NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertThat(Tensors.maxAbsDifference(actual, expected)).isLessThan(tolerance);
  }

  /**
   * The same, of any type.
   *
   * @param tolerance of the largest value
   */
  final void near(NDArray actual, NDArray expected, double tolerance) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertThat(Tensors.dtype(actual)).isEqualTo(Tensors.dtype(expected));
    NDArray zeros = Tensors.zeros(manager, Tensors.dtype(expected), expected.getShape().getShape());
    double largest = Tensors.maxAbsDifference(expected, zeros);
    assertThat(Tensors.maxAbsDifference(actual, expected)).isLessThan(tolerance * largest);
  }
}
