package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.MlpKernels;
import java.util.List;
import java.util.Optional;

/** The second half of a layer: x + down(silu(gate(n)) * up(n)) with n = norm(x). */
record MlpBlock(Norm norm, Linear gate, Linear up, Linear down) {

  /**
   * @param x the block's input
   * @param output x and what the block adds to it
   */
  record Saved(NDArray x, Linear.Saved gate, Linear.Saved up, Linear.Saved down, NDArray output) {}

  /** x [rows, hidden]. */
  Saved forward(Pass pass, NDArray x) {
    NDArray normed = norm.forward(pass, x);
    Linear.Saved g = gate.forward(pass, normed);
    Linear.Saved u = up.forward(pass, normed);
    NDArray inner = MlpKernels.swiglu(pass.scope(), g.output(), u.output());
    Linear.Saved d = down.forward(pass, inner);
    NDArray y = LinearKernels.addInPlace(pass.scope(), d.output(), x);
    return new Saved(x, g, u, d, y);
  }

  /** As {@link Linear#backward}; the gradient includes what passes around the block. */
  Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean below = carry || gate.isAdapted(pass) || up.isAdapted(pass);
    Optional<NDArray> gInner = down.backward(pass, gy, saved.down(), below);
    if (gInner.isEmpty()) {
      return Optional.empty();
    }
    List<NDArray> g =
        MlpKernels.swigluVjp(
            pass.scope(), gInner.get(), saved.gate().output(), saved.up().output());
    Optional<NDArray> gGate = gate.backward(pass, g.get(0), saved.gate(), carry);
    Optional<NDArray> gUp = up.backward(pass, g.get(1), saved.up(), carry);
    if (!carry) {
      return Optional.empty();
    }
    List<NDArray> gNormed = List.of(gGate.orElseThrow(), gUp.orElseThrow());
    return Optional.of(norm.backward(pass, gNormed, saved.x(), gy));
  }

  boolean isAdapted(Pass pass) {
    return gate.isAdapted(pass) || up.isAdapted(pass) || down.isAdapted(pass);
  }
}
