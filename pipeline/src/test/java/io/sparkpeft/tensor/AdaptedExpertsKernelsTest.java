package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Gradients;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Pair;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Pairs;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Sums;
import io.sparkpeft.tensor.ExpertsKernels.Expert;
import io.sparkpeft.tensor.ExpertsKernels.Routing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Low-rank paths of experts, against matrices that are formed in full and torch's gradients. */
class AdaptedExpertsKernelsTest extends TwinTest {
  private static final int EXPERTS = 5;
  private static final int ROWS = 11;
  private static final int HIDDEN = 8;
  private static final int INNER = 6;
  private static final int X = 6;

  AdaptedExpertsKernelsTest() {
    super(23, 2e-5);
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, true", "PLAIN, false", "ONEDNN, true", "ONEDNN, false"})
  void everyPairAndItsGradients(Product product, boolean normalized) {
    Case all = new Case(product, normalized, true, true);
    all.check();
  }

  @Test
  void onePairAlone() {
    new Case(Product.PLAIN, true, true, false).check();
    new Case(Product.PLAIN, true, false, true).check();
  }

  /** What nobody wants is not computed. */
  @Test
  void gradientOfTheInputIsLeftOut() {
    Case all = new Case(Product.PLAIN, true, true, true);
    Sums sums = all.sums(false);
    Gradients ofRouter = all.backward(sums);
    assertThat(sums.x().sum().getFloat()).isZero();
    same(sums.ins().orElseThrow().a(), all.expected(0));
    same(ofRouter.b(), all.expected(5));
  }

  private final class Case {
    private final Product product;
    private final boolean normalized;
    private final NDArray x = random(ROWS, HIDDEN).mul(0.5);
    private final NDArray gy = random(ROWS, HIDDEN);
    private final NDArray router = random(EXPERTS, HIDDEN);
    private final NDArray nets = random(EXPERTS, 3, INNER, HIDDEN).mul(0.5);
    private final Pair ins;
    private final Pair outs;
    private final Pair ofRouter;
    private final Pairs pairs;
    private final Routing routing;

    Case(Product product, boolean normalized, boolean areInsAdapted, boolean areOutsAdapted) {
      this.product = product;
      this.normalized = normalized;
      ins = pair(areInsAdapted, EXPERTS, HIDDEN, 2 * INNER, 3, 0.7);
      outs = pair(areOutsAdapted, EXPERTS, INNER, HIDDEN, 2, 1.3);
      ofRouter = pair(true, 1, HIDDEN, EXPERTS, 2, 0.5);
      pairs =
          new Pairs(
              EXPERTS,
              Optional.of(ins).filter(p -> areInsAdapted),
              Optional.of(outs).filter(p -> areOutsAdapted));
      routing = AdaptedExpertsKernels.routing(manager, x, router, ofRouter, 2, normalized);
    }

    /** What is not adapted has zeros. */
    private Pair pair(boolean isAdapted, int count, int in, int out, int r, double scaling) {
      double size = isAdapted ? 0.4 : 0;
      return new Pair(
          random((long) count * r, in).mul(size), random(out, (long) r * count).mul(size), scaling);
    }

    void check() {
      NDArray y = manager.zeros(x.getShape());
      for (int number = 0; number < EXPERTS; number++) {
        AdaptedExpertsKernels.addTo(y, x, routing, expert(number), pairs, product);
      }
      same(y, oracle("adapted_experts", arguments().toArray(NDArray[]::new)));
      Sums sums = sums(true);
      Gradients gradients = backward(sums);
      same(sums.x(), expected(X));
      sums.ins().ifPresent(g -> same(g.a(), expected(0)));
      sums.ins().ifPresent(g -> same(g.b(), expected(1)));
      sums.outs().ifPresent(g -> same(g.a(), expected(2)));
      sums.outs().ifPresent(g -> same(g.b(), expected(3)));
      same(gradients.a(), expected(4));
      same(gradients.b(), expected(5));
    }

    Sums sums(boolean isOfXWanted) {
      return new Sums(
          manager.zeros(x.getShape()),
          isOfXWanted,
          manager.zeros(routing.shares().getShape()),
          pairs.ins().map(pair -> pair.gradients(manager)),
          pairs.outs().map(pair -> pair.gradients(manager)));
    }

    /** The router's gradients. */
    Gradients backward(Sums sums) {
      for (int number = 0; number < EXPERTS; number++) {
        AdaptedExpertsKernels.addVjpTo(sums, gy, x, routing, expert(number), pairs, product);
      }
      return AdaptedExpertsKernels.addRoutingVjpTo(
          manager, sums, routing, x, router, ofRouter, normalized);
    }

    private Expert expert(int number) {
      NDArray down = nets.get(number, 2).transpose();
      return new Expert(number, nets.get(number, 0), nets.get(number, 1), down, "silu");
    }

    NDArray expected(int which) {
      List<NDArray> arguments = new ArrayList<>(List.of(gy));
      arguments.addAll(arguments());
      arguments.add(manager.create((float) which));
      return oracle("adapted_experts_gradient", arguments.toArray(NDArray[]::new));
    }

    private List<NDArray> arguments() {
      return List.of(
          x,
          router,
          nets,
          manager.create(normalized ? 1f : 0f),
          ins.a(),
          ins.b(),
          outs.a(),
          outs.b(),
          ofRouter.a(),
          ofRouter.b(),
          manager.create(new float[] {0.7f, 1.3f, 0.5f}));
    }
  }
}
