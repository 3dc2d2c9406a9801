package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.DecomposedDelta;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.model.DeltaTrace.Decomposed;
import io.sparkpeft.tensor.DoraKernels;
import io.sparkpeft.tensor.DropoutKernels;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;

/**
 * y = f V x + bias with V = W + scaling B A and f = magnitude / |V|. With dropout, as PEFT has it:
 * y = W x + (f V - W) dropout(x) + bias. W is without what the delta takes out of it.
 */
record DecomposedLinear(Linear linear, DecomposedDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    Optional<int[]> dropped = dropped(pass);
    NDArray input = DropoutKernels.dropout(pass.scope(), x, dropped);
    NDArray product = frozen(pass, input);
    if (dropped.isEmpty()) {
      Decomposed trace = trace(pass, input, dropped, product);
      NDArray y = DoraKernels.output(pass.scope(), trace.direction(), magnitude(), norm());
      return new Linear.Saved(linear.biased(pass, y), Optional.of(trace));
    }
    Decomposed trace = trace(pass, input, dropped, product.duplicate());
    NDArray y =
        DoraKernels.outputBeside(
            pass.scope(),
            frozen(pass, x),
            product,
            trace.direction(),
            magnitude(),
            norm(),
            share(dropped));
    return new Linear.Saved(linear.biased(pass, y), Optional.of(trace));
  }

  /** At the cost of a product: the magnitude's gradient needs what the layer gives. */
  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    Optional<int[]> dropped = dropped(pass);
    NDArray input = DropoutKernels.dropout(pass.scope(), x, dropped);
    return trace(pass, input, dropped, frozen(pass, input));
  }

  private Optional<int[]> dropped(Pass pass) {
    return linear.dropped(pass, direction().dropout());
  }

  /** What makes up for dropout. */
  private double share(Optional<int[]> dropped) {
    return dropped.isPresent() ? 1 / (1 - direction().dropout()) : 1;
  }

  /**
   * @param product of input and W; overwritten
   */
  private Decomposed trace(Pass pass, NDArray input, Optional<int[]> dropped, NDArray product) {
    List<NDArray> results =
        DoraKernels.direction(
            pass.scope(),
            product,
            input,
            direction().a().value(),
            direction().b().value(),
            direction().scaling());
    return new Decomposed(input, dropped, results.get(1), results.get(0));
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    Decomposed saved = (Decomposed) trace;
    double share = share(saved.dropped());
    pass.gradients()
        .add(
            delta.magnitude(),
            DoraKernels.magnitudeVjp(pass.scope(), gy, saved.direction(), norm(), share));
    NDArray gv = DoraKernels.scaled(pass.scope(), gy, magnitude(), norm(), 0, share);
    List<NDArray> gradients =
        LinearKernels.loraParametersVjp(
            pass.scope(),
            gv,
            saved.input(),
            saved.inner(),
            direction().b().value(),
            direction().scaling());
    pass.gradients().add(direction().a(), gradients.get(1));
    pass.gradients().add(direction().b(), gradients.get(2));
    return carry
        ? Optional.of(inputGradient(pass, gy, gv, gradients.get(0), saved.dropped()))
        : Optional.empty();
  }

  /** gv: the gradient of V x; gInner: that of A x. */
  private NDArray inputGradient(
      Pass pass, NDArray gy, NDArray gv, NDArray gInner, Optional<int[]> dropped) {
    if (dropped.isEmpty()) {
      return throughV(pass, gv, gInner);
    }
    NDArray beside = DoraKernels.scaled(pass.scope(), gy, magnitude(), norm(), 1, share(dropped));
    NDArray gLeft = throughV(pass, beside, gInner);
    DropoutKernels.drop(gLeft, dropped.get());
    return LinearKernels.addInPlace(pass.scope(), frozenVjp(pass, gy), gLeft);
  }

  /** gProduct: the gradient of W x. */
  private NDArray throughV(Pass pass, NDArray gProduct, NDArray gInner) {
    NDArray gx = frozenVjp(pass, gProduct);
    return LinearKernels.addProduct(pass.scope(), gx, gInner, direction().a().value(), 1);
  }

  /** W x. */
  private NDArray frozen(Pass pass, NDArray x) {
    return Removal.from(pass, linear.product(pass, x), x, direction());
  }

  private NDArray frozenVjp(Pass pass, NDArray gy) {
    return Removal.fromVjp(pass, linear.productVjp(pass, gy), gy, direction());
  }

  private LowRankDelta direction() {
    return delta.direction();
  }

  private NDArray magnitude() {
    return delta.magnitude().value();
  }

  private NDArray norm() {
    return delta.norms().values();
  }
}
