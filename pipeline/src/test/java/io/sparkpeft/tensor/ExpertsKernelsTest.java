package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.ExpertsKernels.Expert;
import io.sparkpeft.tensor.ExpertsKernels.Routing;
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
    Routing routing = ExpertsKernels.routing(manager, x, router, 2, normalized);
    NDArray y = manager.zeros(x.getShape());
    NDArray gx = manager.zeros(x.getShape());
    NDArray gshares = manager.zeros(routing.shares().getShape());
    for (int number = 0; number < EXPERTS; number++) {
      Expert expert = expert(nets, number);
      ExpertsKernels.addTo(y, x, routing, expert, product);
      ExpertsKernels.addVjpTo(gx, gshares, gy, x, routing, expert, product);
    }
    ExpertsKernels.addRoutingVjpTo(gx, gshares, routing, router, normalized);
    same(y, oracle("plain_experts", x, router, nets, isNormalized));
    same(gx, oracle("experts_gradient", gy, x, router, nets, isNormalized));
    assertThat(routing.tokens().sum().getLong()).isEqualTo(2 * 11);
  }

  private static Expert expert(NDArray nets, int number) {
    NDArray down = nets.get(number, 2).transpose();
    return new Expert(number, nets.get(number, 0), nets.get(number, 1), down, "silu");
  }
}
