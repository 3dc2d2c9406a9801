package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LowRankPath.Gradients;
import io.sparkpeft.tensor.LowRankPath.Saved;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Low-rank paths by lanes, against torch's kernels, which have twins of their own. */
class LanesLowRankTest extends TwinTest {
  private static final double SCALING = 1.6;

  LanesLowRankTest() {
    super(10);
  }

  private static Stream<LanesLowRank> implementations() {
    return PlainLanes.andOfThisMachine().map(LanesLowRank::new);
  }

  /** Rows, features and ranks that fill groups, and that do not; some blocks of rows, and one. */
  @ParameterizedTest
  @CsvSource({
    // rows, in, out, r, share that is dropped, type, tolerance of the largest number
    "1, 16, 32, 8, 0.5, FLOAT32, 1e-5",
    "21, 40, 9, 3, 0.3, FLOAT32, 1e-5",
    "16, 64, 48, 16, 0, FLOAT32, 1e-5",
    "30, 23, 1500, 20, 0.1, FLOAT32, 1e-5",
    "9, 2100, 64, 8, 0.05, FLOAT32, 1e-5",
    "21, 512, 256, 8, 0.1, FLOAT32, 1e-5",
    "21, 40, 24, 8, 0.3, BFLOAT16, 2e-2",
  })
  void paths(int rows, int in, int out, int r, double share, Dtype dtype, double tolerance) {
    NDArray x = random(dtype, rows, in);
    NDArray w = random(dtype, out, in);
    NDArray gy = random(dtype, rows, out);
    NDArray a = random(r, in);
    NDArray b = random(out, r);
    Optional<int[]> dropped = dropped(rows * in, share);
    LowRankPath path = new LowRankPath(a, b, SCALING, Product.PLAIN, RowWork.TORCH);
    LowRankPath.Result expected = path.linear(manager, x, dropped, w);
    Gradients gradients = path.vjp(manager, gy, expected.saved(), Optional.of(w));

    implementations()
        .forEach(
            lanes -> {
              NDArray y = LinearKernels.linear(manager, x, w, Product.PLAIN);
              Saved saved = lanes.forward(manager, path, x, dropped, Optional.of(y));
              NDArray gx = LinearKernels.linearVjp(manager, gy, w, Product.PLAIN);
              Gradients actual = lanes.vjp(manager, path, gy, saved, Optional.of(gx));
              near(y, expected.y(), tolerance);
              near(actual.x().orElseThrow(), gradients.x().orElseThrow(), tolerance);
              near(actual.a(), gradients.a(), tolerance);
              near(actual.b(), gradients.b(), tolerance);
              assertThat(saved.input()).isSameAs(x);

              Saved again = lanes.forward(manager, path, x, dropped, Optional.empty());
              Gradients ofParameters = lanes.vjp(manager, path, gy, again, Optional.empty());
              assertThat(ofParameters.x()).isEmpty();
              assertThat(ofParameters.a().toFloatArray()).isEqualTo(actual.a().toFloatArray());
              assertThat(ofParameters.b().toFloatArray()).isEqualTo(actual.b().toFloatArray());
            });
  }

  private Optional<int[]> dropped(int elements, double share) {
    return share == 0
        ? Optional.empty()
        : Optional.of(
            IntStream.range(0, elements).filter(i -> random.nextDouble() < share).toArray());
  }
}
