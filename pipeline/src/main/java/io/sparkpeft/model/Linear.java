package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import java.util.Optional;

/**
 * A linear layer: a frozen weight, and what the pass's adapter does to it.
 *
 * @param module its path in the model
 * @param index its place in {@link DecoderConfig#linearModules}
 * @param weight frozen
 * @param bias [out], if it has one
 */
record Linear(String module, int index, FrozenWeight weight, Optional<Weight> bias) {

  /**
   * @param output [rows, out]
   * @param trace of the delta, if there is one
   */
  record Saved(NDArray output, Optional<DeltaTrace> trace) {}

  /** x [rows, in]. */
  Saved forward(Pass pass, NDArray x) {
    if (pass.isMixedWhere(this::isAdapted)) {
      return new Saved(new MixedLinear(this).forward(pass, x), Optional.empty());
    }
    return adapted(pass)
        .map(adapted -> adapted.forward(pass, x))
        .orElseGet(() -> new Saved(frozen(pass, x), Optional.empty()));
  }

  /** What {@link #forward} gives, with its own output if that was kept. */
  Saved again(Pass pass, NDArray x, Kept kept) {
    return kept.product(this)
        .map(y -> new Saved(y, trace(pass, x)))
        .orElseGet(() -> forward(pass, x));
  }

  /** What {@link #forward} saves beside its output, without the cost of that. */
  Optional<DeltaTrace> trace(Pass pass, NDArray x) {
    return adapted(pass).map(adapted -> adapted.again(pass, x));
  }

  boolean isAdapted(Pass pass) {
    return pass.delta(module).isPresent() || isBiasTrained(pass);
  }

  boolean isBiasTrained(Pass pass) {
    return bias.filter(b -> b.isTrained(pass)).isPresent();
  }

  /**
   * Hands the adapter's gradients on.
   *
   * @param gy [rows, out]
   * @param trace of the forward pass
   * @param carry whether anything below wants the gradient of the layer's input
   * @return that gradient [rows, in], if wanted
   */
  Optional<NDArray> backward(Pass pass, NDArray gy, Optional<DeltaTrace> trace, boolean carry) {
    bias.flatMap(b -> b.trained(pass))
        .ifPresent(b -> pass.gradients().add(b, LinearKernels.biasVjp(pass.scope(), gy, 1)));
    if (trace.isPresent()) {
      return adapted(pass).orElseThrow().backward(pass, gy, trace.get(), carry);
    }
    return carry ? Optional.of(productVjp(pass, gy)) : Optional.empty();
  }

  /** [out, in]. */
  NDArray weight(Pass pass) {
    return weight.expanded(pass.workspace());
  }

  private Optional<AdaptedLinear> adapted(Pass pass) {
    return pass.delta(module).map(delta -> AdaptedLinear.of(this, delta));
  }

  /** What the layer computes without an adapter. */
  NDArray frozen(Pass pass, NDArray x) {
    return biased(pass, product(pass, x));
  }

  /** x [rows, in] and the frozen weight: [rows, out]. */
  NDArray product(Pass pass, NDArray x) {
    return LinearKernels.linear(pass.scope(), x, weight(pass), pass.product());
  }

  /** gy [rows, out] and the frozen weight: [rows, in]. */
  NDArray productVjp(Pass pass, NDArray gy) {
    return LinearKernels.linearVjp(pass.scope(), gy, weight(pass), pass.product());
  }

  /** y with the bias added to it in place. */
  NDArray biased(Pass pass, NDArray y) {
    return bias.map(b -> LinearKernels.addInPlace(pass.scope(), y, b.in(pass))).orElse(y);
  }

  /**
   * Which inputs are dropped; nothing where none are.
   *
   * @param probability of dropping one
   */
  Optional<int[]> dropped(Pass pass, double probability) {
    return dropped(pass, probability, Math.toIntExact(weight.in()));
  }

  /** The same of something so wide. */
  Optional<int[]> dropped(Pass pass, double probability, int features) {
    if (probability == 0 || pass.dropout() == DropoutMasks.NONE) {
      return Optional.empty();
    }
    return Optional.of(pass.dropout().dropped(index, features));
  }
}
