package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.model.DeltaTrace.LowRank;
import io.sparkpeft.tensor.DropoutKernels;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;

/** y = W x + bias + scaling B (A dropout(x)). */
record LowRankLinear(Linear linear, LowRankDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    Dropped dropped = dropped(pass, x);
    List<NDArray> results =
        LinearKernels.loraLinear(
            pass.scope(),
            x,
            dropped.x(),
            linear.weight(),
            a(),
            b(),
            dropped.scaling(),
            pass.product());
    return new Linear.Saved(
        linear.biased(pass, results.get(0)), Optional.of(dropped.with(results.get(1))));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    Dropped dropped = dropped(pass, x);
    return dropped.with(LinearKernels.loraInner(pass.scope(), dropped.x(), a()));
  }

  /** What dropout leaves of x, and the scaling that makes up for it. */
  private record Dropped(NDArray x, Optional<NDArray> mask, double scaling) {
    LowRank with(NDArray inner) {
      return new LowRank(x, mask, inner, scaling);
    }
  }

  private Dropped dropped(Pass pass, NDArray x) {
    Optional<NDArray> mask = linear.dropoutMask(pass, x, delta.dropout());
    NDArray left = mask.map(m -> DropoutKernels.dropout(pass.scope(), x, m)).orElse(x);
    return new Dropped(left, mask, delta.scaling() / (mask.isPresent() ? 1 - delta.dropout() : 1));
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    LowRank saved = (LowRank) trace;
    List<NDArray> gradients =
        LinearKernels.loraParametersVjp(
            pass.scope(), gy, saved.input(), saved.inner(), b(), saved.scaling());
    pass.gradients().add(delta.a(), gradients.get(1));
    pass.gradients().add(delta.b(), gradients.get(2));
    return carry ? Optional.of(inputGradient(pass, gy, gradients.get(0), saved)) : Optional.empty();
  }

  private NDArray inputGradient(Pass pass, NDArray gy, NDArray gInner, LowRank saved) {
    NDArray weight = linear.weight();
    return saved.mask().isEmpty()
        ? LinearKernels.loraInputVjp(pass.scope(), gy, gInner, weight, a(), pass.product())
        : LinearKernels.loraDroppedInputVjp(
            pass.scope(), gy, gInner, weight, a(), saved.mask().get(), pass.product());
  }

  private NDArray a() {
    return delta.a().value();
  }

  private NDArray b() {
    return delta.b().value();
  }
}
