package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.WholeWeight;
import io.sparkpeft.model.DeltaTrace.Input;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.Optional;

/** y = W x + bias with a W that is trained. */
record WholeLinear(Linear linear, WholeWeight delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    NDArray y = LinearKernels.linear(pass.scope(), x, weight(pass, x), pass.product());
    return new Linear.Saved(linear.biased(pass, y), Optional.of(again(pass, x)));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    return new Input(x);
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    NDArray x = ((Input) trace).x();
    NDArray gradient =
        delta.fanInFanOut()
            ? LinearKernels.weightVjp(pass.scope(), x, gy) // [in, out]
            : LinearKernels.weightVjp(pass.scope(), gy, x); // [out, in]
    pass.gradients().add(delta.weight(), gradient);
    return carry
        ? Optional.of(LinearKernels.linearVjp(pass.scope(), gy, weight(pass, x), pass.product()))
        : Optional.empty();
  }

  /** [out, in] of x's type. */
  private NDArray weight(Pass pass, NDArray x) {
    NDArray weight = Tensors.asTypeOf(pass.scope(), delta.weight().value(), x);
    return delta.fanInFanOut() ? weight.transpose() : weight;
  }
}
