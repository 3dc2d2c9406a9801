package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.model.DeltaTrace.LowRank;
import io.sparkpeft.tensor.DropoutKernels;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;

/** y = W x + bias + scaling (B (A dropout(x)) + bias of B). */
record LowRankLinear(Linear linear, LowRankDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    Dropped dropped = dropped(pass, x);
    List<NDArray> results =
        LinearKernels.loraLinear(
            pass.scope(),
            x,
            dropped.x(),
            linear.weight(pass),
            a(),
            b(),
            dropped.scaling(),
            pass.product());
    NDArray y = Removal.from(pass, results.get(0), x, delta);
    delta
        .bias()
        .ifPresent(b -> LinearKernels.addScaled(pass.scope(), y, b.value(), delta.scaling()));
    return new Linear.Saved(linear.biased(pass, y), Optional.of(dropped.with(results.get(1))));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    Dropped dropped = dropped(pass, x);
    return dropped.with(LinearKernels.loraInner(pass.scope(), dropped.x(), a()));
  }

  /** What dropout leaves of x, and the scaling that makes up for it. */
  private record Dropped(NDArray x, Optional<int[]> places, double scaling) {
    LowRank with(NDArray inner) {
      return new LowRank(x, places, inner, scaling);
    }
  }

  private Dropped dropped(Pass pass, NDArray x) {
    return linear
        .dropped(pass, delta.dropout())
        .map(
            places ->
                new Dropped(
                    DropoutKernels.dropout(pass.scope(), x, places),
                    Optional.of(places),
                    delta.scaling() / (1 - delta.dropout())))
        .orElseGet(() -> new Dropped(x, Optional.empty(), delta.scaling()));
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    LowRank saved = (LowRank) trace;
    List<NDArray> gradients =
        LinearKernels.loraParametersVjp(
            pass.scope(), gy, saved.input(), saved.inner(), b(), saved.scaling());
    pass.gradients().add(delta.a(), gradients.get(1));
    pass.gradients().add(delta.b(), gradients.get(2));
    delta.bias().ifPresent(b -> pass.gradients().add(b, biasGradient(pass, gy)));
    return carry ? Optional.of(inputGradient(pass, gy, gradients.get(0), saved)) : Optional.empty();
  }

  private NDArray biasGradient(Pass pass, NDArray gy) {
    return LinearKernels.biasVjp(pass.scope(), gy, delta.scaling());
  }

  private NDArray inputGradient(Pass pass, NDArray gy, NDArray gInner, LowRank saved) {
    NDArray g = LinearKernels.loraInputVjp(pass.scope(), gInner, a());
    saved.dropped().ifPresent(places -> DropoutKernels.drop(g, places));
    NDArray gx =
        LinearKernels.linearVjpOnto(pass.scope(), g, gy, linear.weight(pass), pass.product());
    return Removal.fromVjp(pass, gx, gy, delta);
  }

  private NDArray a() {
    return delta.a().value();
  }

  private NDArray b() {
    return delta.b().value();
  }
}
