package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.BottleneckDelta;
import io.sparkpeft.tensor.BottleneckKernels;
import io.sparkpeft.tensor.BottleneckKernels.Form;
import io.sparkpeft.tensor.DropoutKernels;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;

/**
 * z(x) = scaling up(act(down(dropout(x)))) before a linear layer, W (x + z(x)) + bias; behind it, y
 * + z(y) with y = W x + bias; or beside it, W x + bias + z(x).
 */
record BottleneckLinear(Linear linear, BottleneckDelta delta) implements AdaptedLinear {

  @Override
  public Linear.Saved forward(Pass pass, NDArray x) {
    return switch (delta.placement()) {
      case BEFORE -> {
        DeltaTrace.Bottleneck trace = inner(pass, x);
        yield saved(linear.frozen(pass, plus(pass, trace, x)), trace);
      }
      case BEHIND -> {
        NDArray y = linear.frozen(pass, x);
        DeltaTrace.Bottleneck trace = inner(pass, y);
        yield saved(plus(pass, trace, y), trace);
      }
      case BESIDE -> {
        DeltaTrace.Bottleneck trace = inner(pass, x);
        yield saved(plus(pass, trace, linear.frozen(pass, x)), trace);
      }
    };
  }

  private static Linear.Saved saved(NDArray y, DeltaTrace trace) {
    return new Linear.Saved(y, Optional.of(trace));
  }

  @Override
  public DeltaTrace again(Pass pass, NDArray x) {
    return switch (delta.placement()) {
      case BEFORE, BESIDE -> inner(pass, x);
      case BEHIND -> inner(pass, linear.frozen(pass, x));
    };
  }

  private DeltaTrace.Bottleneck inner(Pass pass, NDArray x) {
    int features = Math.toIntExact(x.getShape().get(1));
    Optional<int[]> places = linear.dropped(pass, delta.dropout(), features);
    NDArray left = DropoutKernels.dropout(pass.scope(), x, places);
    Form form = form(places);
    NDArray u = BottleneckKernels.inner(pass.scope(), left, down(), form);
    return new DeltaTrace.Bottleneck(left, places, u);
  }

  private Form form(Optional<int[]> places) {
    String activation = Activation.named(delta.activation()).orElseThrow().kernel();
    return new Form(activation, places.isPresent() ? 1 - delta.dropout() : 1, delta.scaling());
  }

  /** z, added to something that stays as it is. */
  private NDArray plus(Pass pass, DeltaTrace.Bottleneck trace, NDArray stream) {
    Form form = form(trace.dropped());
    NDArray z = BottleneckKernels.outer(pass.scope(), trace.inner(), up(), form);
    return LinearKernels.addInPlace(pass.scope(), z, stream);
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, DeltaTrace trace, boolean carry) {
    DeltaTrace.Bottleneck saved = (DeltaTrace.Bottleneck) trace;
    return switch (delta.placement()) {
      case BEFORE -> {
        NDArray gSum = linear.productVjp(pass, gy);
        NDArray g = backward(pass, gSum, saved);
        yield carry ? sum(pass, g, gSum) : Optional.empty();
      }
      case BEHIND -> {
        NDArray g = backward(pass, gy, saved);
        yield carry
            ? Optional.of(linear.productVjp(pass, sum(pass, g, gy).orElseThrow()))
            : Optional.empty();
      }
      case BESIDE -> {
        NDArray g = backward(pass, gy, saved);
        yield carry ? sum(pass, g, linear.productVjp(pass, gy)) : Optional.empty();
      }
    };
  }

  private static Optional<NDArray> sum(Pass pass, NDArray g, NDArray other) {
    return Optional.of(LinearKernels.addInPlace(pass.scope(), g, other));
  }

  /** Hands on the gradients of the matrices; gives that of what z reads. */
  private NDArray backward(Pass pass, NDArray gz, DeltaTrace.Bottleneck saved) {
    List<NDArray> g =
        BottleneckKernels.vjp(
            pass.scope(), gz, saved.input(), saved.inner(), down(), up(), form(saved.dropped()));
    pass.gradients().add(delta.down(), g.get(1));
    pass.gradients().add(delta.up(), g.get(2));
    saved.dropped().ifPresent(places -> DropoutKernels.drop(g.get(0), places));
    return g.get(0);
  }

  private NDArray down() {
    return delta.down().value();
  }

  private NDArray up() {
    return delta.up().value();
  }
}
