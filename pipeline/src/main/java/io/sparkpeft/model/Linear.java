package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.tensor.DropoutKernels;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer: a frozen weight, and what the pass's adapter adds to it.
 *
 * @param module its path in the model
 * @param index its place in {@link DecoderConfig#linearModules}
 * @param weight [out, in]
 * @param bias [out], if it has one
 */
record Linear(String module, int index, NDArray weight, Optional<NDArray> bias) {

  /**
   * @param output [rows, out]
   */
  record Saved(NDArray output, Optional<LowRank> lowRank) {}

  /**
   * What the gradients of A and B are made of.
   *
   * @param input after dropout [rows, in]
   * @param mask of the dropout, if there was any
   * @param inner input A^T [rows, r]
   * @param scaling of what A and B add, dropout's included
   */
  record LowRank(NDArray input, Optional<NDArray> mask, NDArray inner, double scaling) {}

  /** x [rows, in]. */
  Saved forward(Pass pass, NDArray x) {
    Optional<LowRankDelta> delta = pass.delta(module);
    if (delta.isEmpty()) {
      NDArray y = LinearKernels.linear(pass.scope(), x, weight, pass.product());
      return new Saved(biased(pass, y), Optional.empty());
    }
    return adapted(pass, x, delta.get());
  }

  private NDArray biased(Pass pass, NDArray y) {
    return bias.map(b -> LinearKernels.addInPlace(pass.scope(), y, b)).orElse(y);
  }

  private Saved adapted(Pass pass, NDArray x, LowRankDelta delta) {
    Dropped dropped = dropped(pass, x, delta);
    List<NDArray> results =
        LinearKernels.loraLinear(
            pass.scope(),
            x,
            dropped.x(),
            weight,
            delta.a(),
            delta.b(),
            dropped.scaling(),
            pass.product());
    LowRank lowRank = dropped.with(results.get(1));
    return new Saved(biased(pass, results.get(0)), Optional.of(lowRank));
  }

  /** What {@link #forward} saves beside its output, without the cost of that. */
  Optional<LowRank> again(Pass pass, NDArray x) {
    return pass.delta(module)
        .map(
            delta -> {
              Dropped dropped = dropped(pass, x, delta);
              return dropped.with(LinearKernels.loraInner(pass.scope(), dropped.x(), delta.a()));
            });
  }

  /** What dropout leaves of x, and the scaling that makes up for it. */
  private record Dropped(NDArray x, Optional<NDArray> mask, double scaling) {
    LowRank with(NDArray inner) {
      return new LowRank(x, mask, inner, scaling);
    }
  }

  private Dropped dropped(Pass pass, NDArray x, LowRankDelta delta) {
    Optional<NDArray> mask = mask(pass, x, delta);
    NDArray left = mask.map(m -> DropoutKernels.dropout(pass.scope(), x, m)).orElse(x);
    return new Dropped(left, mask, delta.scaling() / (mask.isPresent() ? 1 - delta.dropout() : 1));
  }

  private Optional<NDArray> mask(Pass pass, NDArray x, LowRankDelta delta) {
    if (delta.dropout() == 0 || pass.dropout() == DropoutMasks.NONE) {
      return Optional.empty();
    }
    int features = Math.toIntExact(x.getShape().get(1));
    return Optional.of(
        Tensors.onesBut(
            pass.scope(),
            mask -> pass.dropout().drop(mask, index, features),
            x.getShape().getShape()));
  }

  boolean isAdapted(Pass pass) {
    return pass.delta(module).isPresent();
  }

  /**
   * Hands the adapter's gradients on.
   *
   * @param gy [rows, out]
   * @param saved by the forward pass
   * @param carry whether anything below wants the gradient of the layer's input
   * @return that gradient [rows, in], if wanted
   */
  Optional<NDArray> backward(Pass pass, NDArray gy, Optional<LowRank> saved, boolean carry) {
    if (saved.isEmpty()) {
      return carry
          ? Optional.of(LinearKernels.linearVjp(pass.scope(), gy, weight, pass.product()))
          : Optional.empty();
    }
    LowRankDelta delta = pass.delta(module).orElseThrow();
    LowRank lowRank = saved.get();
    List<NDArray> gradients =
        LinearKernels.loraParametersVjp(
            pass.scope(), gy, lowRank.input(), lowRank.inner(), delta.b(), lowRank.scaling());
    pass.gradients().add(module, gradients.get(1), gradients.get(2));
    return carry
        ? Optional.of(inputGradient(pass, gy, gradients.get(0), delta, lowRank))
        : Optional.empty();
  }

  private NDArray inputGradient(
      Pass pass, NDArray gy, NDArray gInner, LowRankDelta delta, LowRank lowRank) {
    if (lowRank.mask().isEmpty()) {
      return LinearKernels.loraInputVjp(
          pass.scope(), gy, gInner, weight, delta.a(), pass.product());
    }
    return LinearKernels.loraDroppedInputVjp(
        pass.scope(), gy, gInner, weight, delta.a(), lowRank.mask().get(), pass.product());
  }
}
