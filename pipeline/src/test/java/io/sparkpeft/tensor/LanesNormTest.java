package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Norms by lanes, against torch's kernels, which have twins of their own. */
class LanesNormTest extends TwinTest {
  private static final double EPS = 0.01;

  LanesNormTest() {
    super(8);
  }

  private static Stream<LanesNorm> implementations() {
    return PlainLanes.andOfThisMachine().map(LanesNorm::new);
  }

  /** Rows that end within a group of lanes, several that are worked on together, and long ones. */
  @ParameterizedTest
  @CsvSource({
    // rows, features, type, tolerance of the largest number
    "3, 8, FLOAT32, 2e-6",
    "150, 64, FLOAT32, 2e-6",
    "2, 4100, FLOAT32, 2e-6",
    "150, 40, BFLOAT16, 1e-2",
  })
  void norms(long rows, long features, Dtype dtype, double tolerance) {
    NDArray x = random(dtype, rows, features);
    NDArray w = random(dtype, features);
    List<NDArray> gys = Stream.generate(() -> random(dtype, rows, features)).limit(3).toList();
    RowWork torch = RowWork.TORCH;
    implementations()
        .forEach(
            lanes -> {
              near(
                  lanes.forward(manager, x, w, EPS, 0),
                  NormKernels.rmsNorm(manager, x, w, EPS, torch),
                  tolerance);
              near(
                  lanes.vjp(manager, gys, x, w, EPS, 0),
                  NormKernels.rmsNormVjp(manager, gys, x, w, EPS, torch),
                  tolerance);
              near(
                  lanes.forward(manager, x, w, EPS, 1),
                  NormKernels.offsetRmsNorm(manager, x, w, EPS, torch),
                  tolerance);
              near(
                  lanes.vjp(manager, gys.subList(0, 1), x, w, EPS, 1),
                  NormKernels.offsetRmsNormVjp(manager, gys.subList(0, 1), x, w, EPS, torch),
                  tolerance);
            });
  }
}
