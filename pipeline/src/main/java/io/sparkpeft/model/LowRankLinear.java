package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.model.DeltaTrace.LowRank;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.LowRankPath;
import java.util.Optional;

/** y = W x + bias + scaling (B (A dropout(x)) + bias of B). */
record LowRankLinear(Linear linear, LowRankDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    Optional<int[]> dropped = linear.dropped(pass, delta.dropout());
    LowRankPath path = path(pass, dropped);
    LowRankPath.Result result = path.linear(pass.scope(), x, dropped, linear.weight(pass));
    NDArray y = Removal.from(pass, result.y(), x, delta);
    delta
        .bias()
        .ifPresent(b -> LinearKernels.addScaled(pass.scope(), y, b.value(), delta.scaling()));
    return new Linear.Saved(linear.biased(pass, y), Optional.of(new LowRank(path, result.saved())));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    Optional<int[]> dropped = linear.dropped(pass, delta.dropout());
    LowRankPath path = path(pass, dropped);
    return new LowRank(path, path.again(pass.scope(), x, dropped));
  }

  /** What dropout leaves is scaled up. */
  private LowRankPath path(Pass pass, Optional<int[]> dropped) {
    double keep = dropped.isPresent() ? 1 - delta.dropout() : 1;
    return new LowRankPath(
        delta.a().value(),
        delta.b().value(),
        delta.scaling() / keep,
        pass.product(),
        pass.rowWork());
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    LowRank kept = (LowRank) trace;
    Optional<NDArray> weight = carry ? Optional.of(linear.weight(pass)) : Optional.empty();
    LowRankPath.Gradients gradients = kept.path().vjp(pass.scope(), gy, kept.saved(), weight);
    pass.gradients().add(delta.a(), gradients.a());
    pass.gradients().add(delta.b(), gradients.b());
    delta.bias().ifPresent(b -> pass.gradients().add(b, biasGradient(pass, gy)));
    return gradients.x().map(gx -> Removal.fromVjp(pass, gx, gy, delta));
  }

  private NDArray biasGradient(Pass pass, NDArray gy) {
    return LinearKernels.biasVjp(pass.scope(), gy, delta.scaling());
  }
}
