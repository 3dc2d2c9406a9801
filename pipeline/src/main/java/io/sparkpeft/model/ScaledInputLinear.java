package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.ScaleDelta;
import io.sparkpeft.tensor.ScaleKernels;
import java.util.List;
import java.util.Optional;

/** y = W (l x) + bias. */
record ScaledInputLinear(Linear linear, ScaleDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    NDArray scaled = ScaleKernels.scaled(pass.scope(), x, delta.factors().value());
    return new Linear.Saved(linear.frozen(pass, scaled), Optional.of(again(pass, x)));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    return new DeltaTrace.Scaled(x);
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    NDArray gScaled = linear.productVjp(pass, gy);
    NDArray x = ((DeltaTrace.Scaled) trace).before();
    List<NDArray> g = ScaleKernels.scaledVjp(pass.scope(), gScaled, x, delta.factors().value());
    pass.gradients().add(delta.factors(), g.get(1));
    return carry ? Optional.of(g.get(0)) : Optional.empty();
  }
}
