package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LinearDelta;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.model.AdapterRows.Share;
import io.sparkpeft.tensor.LinearKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer whose rows fall to several adapters: the product with the frozen weight is one for
 * all of them where each adapter only adds to it.
 */
record MixedLinear(Linear linear) {

  /** x [rows, in]: [rows, out]. */
  NDArray forward(Pass pass, NDArray x) {
    return pass.parts().stream().allMatch(this::onlyAdds) ? added(pass, x) : apart(pass, x);
  }

  private boolean onlyAdds(Pass part) {
    return !linear.isBiasTrained(part)
        && part.delta(linear.module()).stream().allMatch(MixedLinear::isOneProduct);
  }

  private static boolean isOneProduct(LinearDelta delta) {
    return delta instanceof LowRankDelta lowRank
        && lowRank.bias().isEmpty()
        && lowRank.removed().isEmpty();
  }

  private NDArray added(Pass pass, NDArray x) {
    List<NDArray> as = new ArrayList<>();
    List<NDArray> bs = new ArrayList<>();
    List<Double> scalings = new ArrayList<>();
    List<Long> rows = new ArrayList<>();
    for (Share share : pass.adapters().shares()) {
      Optional<LinearDelta> delta = share.adapter().flatMap(a -> a.linear(linear.module()));
      if (delta.isPresent()) {
        LowRankDelta lowRank = (LowRankDelta) delta.get();
        as.add(lowRank.a().value());
        bs.add(lowRank.b().value());
        scalings.add(lowRank.scaling());
        rows.add(share.from());
        rows.add(share.to());
      }
    }
    NDArray y = linear.frozen(pass, x);
    return LinearKernels.addLoras(
        pass.scope(),
        y,
        x,
        as,
        bs,
        scalings.stream().mapToDouble(Double::doubleValue).toArray(),
        rows.stream().mapToLong(Long::longValue).toArray());
  }

  private NDArray apart(Pass pass, NDArray x) {
    return pass.byAdapter(x, (part, rows) -> linear.forward(part, rows).output());
  }
}
