package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.ScaleDelta;
import io.sparkpeft.tensor.ScaleKernels;
import java.util.List;
import java.util.Optional;

/** y = l (W x + bias). */
record ScaledOutputLinear(Linear linear, ScaleDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    NDArray before = linear.frozen(pass, x);
    NDArray y = ScaleKernels.scaled(pass.scope(), before, delta.factors().value());
    return new Linear.Saved(y, Optional.of(new DeltaTrace.Scaled(before)));
  }

  /** What was multiplied cannot be had from the product, whose factor may be zero. */
  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    return new DeltaTrace.Scaled(linear.frozen(pass, x));
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    NDArray before = ((DeltaTrace.Scaled) trace).before();
    List<NDArray> g = ScaleKernels.scaledVjp(pass.scope(), gy, before, delta.factors().value());
    pass.gradients().add(delta.factors(), g.get(1));
    return carry ? Optional.of(linear.productVjp(pass, g.get(0))) : Optional.empty();
  }
}
