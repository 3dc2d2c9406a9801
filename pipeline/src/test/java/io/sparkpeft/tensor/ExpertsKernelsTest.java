package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.ExpertsKernels.Experts;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertsKernelsTest extends TwinTest {
  private static final int EXPERTS = 5;

  ExpertsKernelsTest() {
    super(17, 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, true", "PLAIN, false", "ONEDNN, true", "ONEDNN, false"})
  void expertsAndTheirRouter(Product product, boolean normalized) {
    NDArray x = random(11, 8).mul(0.5);
    NDArray gy = random(11, 8);
    NDArray router = random(EXPERTS, 8);
    NDArray nets = random(EXPERTS, 3, 6, 8).mul(0.5);
    NDArray isNormalized = manager.create(normalized ? 1f : 0f);
    Experts experts =
        new Experts(
            router,
            part(nets, 0),
            part(nets, 1),
            part(nets, 2).stream().map(down -> down.transpose()).toList(),
            2,
            normalized,
            "silu");
    same(
        ExpertsKernels.experts(manager, x, experts, product),
        oracle("plain_experts", x, router, nets, isNormalized));
    same(
        ExpertsKernels.expertsVjp(manager, gy, x, experts, product),
        oracle("experts_gradient", gy, x, router, nets, isNormalized));
  }

  private static List<NDArray> part(NDArray nets, int part) {
    return IntStream.range(0, EXPERTS).mapToObj(expert -> nets.get(expert, part)).toList();
  }
}
