package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.TokenRows;
import io.sparkpeft.model.DeltaTrace.Input;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/** The head, some of whose rows are trained. */
record TokenRowsLinear(Linear linear, TokenRows delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    NDArray y = linear.product(pass, x);
    LinearKernels.putOutputs(pass.scope(), y, x, places(pass), delta.rows().value());
    return new Linear.Saved(linear.biased(pass, y), Optional.of(again(pass, x)));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    return new Input(x);
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    List<NDArray> parts =
        LinearKernels.putOutputsVjp(pass.scope(), gy, ((Input) trace).x(), places(pass));
    pass.gradients().add(delta.rows(), parts.get(2));
    return carry ? Optional.of(inputGradient(pass, parts.get(0), parts.get(1))) : Optional.empty();
  }

  private NDArray inputGradient(Pass pass, NDArray gFrozen, NDArray gRows) {
    NDArray gx = linear.productVjp(pass, gFrozen);
    return LinearKernels.addProduct(pass.scope(), gx, gRows, delta.rows().value(), 1);
  }

  private NDArray places(Pass pass) {
    return Tensors.fromLongs(pass.scope(), delta.tokens(), delta.tokens().length);
  }
}
