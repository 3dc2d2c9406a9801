package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.StackDelta;
import io.sparkpeft.adapter.WeightStack;
import io.sparkpeft.tensor.AdaptedExpertsKernels;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Gradients;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Pairs;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Sums;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.ExpertsKernels;
import io.sparkpeft.tensor.ExpertsKernels.Routing;
import io.sparkpeft.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/**
 * What the pass's adapter does to a layer's experts and their router.
 *
 * @param ins to gate and up
 * @param outs to down
 */
record AdaptedExperts(
    ExpertsMlp mlp,
    Optional<StackDelta> router,
    Optional<StackDelta> ins,
    Optional<StackDelta> outs) {

  /**
   * By which adapters know a layer's weights.
   *
   * @param ins gate and up of all experts in one
   */
  record Paths(String router, String ins, String outs) {
    /** Of a layer's parameters, as {@link Experts#stacks} gives them. */
    static Paths of(List<WeightStack> stacks) {
      return new Paths(stacks.get(2).path(), stacks.get(0).path(), stacks.get(1).path());
    }
  }

  static AdaptedExperts of(ExpertsMlp mlp, Optional<Adapter> adapter) {
    Paths paths = mlp.paths();
    return new AdaptedExperts(
        mlp,
        adapter.flatMap(present -> present.stack(paths.router())),
        adapter.flatMap(present -> present.stack(paths.ins())),
        adapter.flatMap(present -> present.stack(paths.outs())));
  }

  boolean isAny() {
    return router.isPresent() || ins.isPresent() || outs.isPresent();
  }

  Routing routing(Pass pass, NDArray n) {
    NDArray weight = mlp.router().expanded(pass.workspace());
    return router
        .map(
            delta ->
                AdaptedExpertsKernels.routing(
                    pass.scope(), n, weight, delta.pair(), mlp.perToken(), mlp.normalized()))
        .orElseGet(
            () ->
                ExpertsKernels.routing(pass.scope(), n, weight, mlp.perToken(), mlp.normalized()));
  }

  /** Adds to y what an expert makes of its tokens of n. */
  void addTo(NDArray y, Pass pass, NDArray n, Routing routing, int expert) {
    if (ins.isPresent() || outs.isPresent()) {
      AdaptedExpertsKernels.addTo(
          y, n, routing, mlp.expanded(pass, expert), pairs(), pass.product());
    } else {
      ExpertsKernels.addTo(y, n, routing, mlp.expanded(pass, expert), pass.product());
    }
  }

  /**
   * Hands the adapter's gradients on.
   *
   * @param gy and n [rows, hidden]
   * @param carry whether the gradient of n is wanted
   * @return it if so, else zeros
   */
  NDArray backward(Pass pass, NDArray gy, NDArray n, boolean carry) {
    Routing routing = routing(pass, n);
    Sums sums = sums(pass, n, routing, carry);
    boolean isPlain = carry && ins.isEmpty() && outs.isEmpty();
    for (int expert : ExpertsMlp.withTokens(routing)) {
      if (isPlain) {
        ExpertsKernels.addVjpTo(
            sums.x(), sums.shares(), gy, n, routing, mlp.expanded(pass, expert), pass.product());
      } else {
        AdaptedExpertsKernels.addVjpTo(
            sums, gy, n, routing, mlp.expanded(pass, expert), pairs(), pass.product());
      }
    }
    sums.ins().ifPresent(gradients -> handOn(pass, ins, gradients));
    sums.outs().ifPresent(gradients -> handOn(pass, outs, gradients));
    throughRouting(pass, sums, routing, n);
    return sums.x();
  }

  private Sums sums(Pass pass, NDArray n, Routing routing, boolean carry) {
    return new Sums(
        Tensors.zeros(pass.scope(), Tensors.dtype(n), n.getShape().getShape()),
        carry,
        Tensors.zeros(pass.scope(), Dtype.FLOAT32, routing.shares().getShape().getShape()),
        ins.map(delta -> delta.pair().gradients(pass.scope())),
        outs.map(delta -> delta.pair().gradients(pass.scope())));
  }

  private void throughRouting(Pass pass, Sums sums, Routing routing, NDArray n) {
    NDArray weight = mlp.router().expanded(pass.workspace());
    if (router.isPresent()) {
      Gradients gradients =
          AdaptedExpertsKernels.addRoutingVjpTo(
              pass.scope(), sums, routing, n, weight, router.get().pair(), mlp.normalized());
      handOn(pass, router, gradients);
    } else if (sums.isOfXWanted()) {
      ExpertsKernels.addRoutingVjpTo(sums.x(), sums.shares(), routing, weight, mlp.normalized());
    }
  }

  private static void handOn(Pass pass, Optional<StackDelta> delta, Gradients gradients) {
    pass.gradients().add(delta.orElseThrow().a(), gradients.a());
    pass.gradients().add(delta.orElseThrow().b(), gradients.b());
  }

  private Pairs pairs() {
    return new Pairs(mlp.experts().size(), ins.map(StackDelta::pair), outs.map(StackDelta::pair));
  }
}
