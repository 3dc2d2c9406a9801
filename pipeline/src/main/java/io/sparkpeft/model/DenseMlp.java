package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.MlpKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One network: down(middle(ins(n))).
 *
 * @param ins the first linear layers, as shape says
 */
record DenseMlp(MlpShape shape, Activation activation, List<Linear> ins, Linear down)
    implements MlpBlock {

  record Saved(List<Linear.Saved> ins, Optional<DeltaTrace> down, Optional<NDArray> result)
      implements MlpBlock.Saved {}

  @Override
  public Saved forward(Pass pass, NDArray n) {
    List<Linear.Saved> first = ins.stream().map(linear -> linear.forward(pass, n)).toList();
    Linear.Saved last = down.forward(pass, middle(pass, first));
    return new Saved(first, last.trace(), Optional.of(last.output()));
  }

  @Override
  public Saved again(Pass pass, NDArray n, Kept kept, boolean isResultRead) {
    List<Linear.Saved> first = ins.stream().map(linear -> linear.again(pass, n, kept)).toList();
    NDArray middle = middle(pass, first);
    if (!isResultRead) {
      return new Saved(first, down.trace(pass, middle), Optional.empty());
    }
    Linear.Saved last = down.again(pass, middle, kept);
    return new Saved(first, last.trace(), Optional.of(last.output()));
  }

  private NDArray middle(Pass pass, List<Linear.Saved> x) {
    String kind = activation.kernel();
    return switch (shape) {
      case GATED -> MlpKernels.gated(pass.scope(), x.get(0).output(), x.get(1).output(), kind);
      case FUSED_GATED -> MlpKernels.fusedGated(pass.scope(), x.get(0).output(), kind);
      case PLAIN -> MlpKernels.activation(pass.scope(), x.get(0).output(), kind);
    };
  }

  @Override
  public void keep(MlpBlock.Saved saved, boolean isResultRead, Map<String, NDArray> products) {
    List<Linear.Saved> first = ((Saved) saved).ins();
    for (int i = 0; i < ins.size(); i++) {
      products.put(ins.get(i).module(), first.get(i).output());
    }
    if (isResultRead) {
      products.put(down.module(), saved.output());
    }
  }

  @Override
  public boolean isResultKept(Kept kept) {
    return kept.has(down);
  }

  @Override
  public List<NDArray> backward(Pass pass, NDArray gy, MlpBlock.Saved kept, boolean carry) {
    Saved saved = (Saved) kept;
    boolean below = carry || ins.stream().anyMatch(linear -> linear.isAdapted(pass));
    Optional<NDArray> gMiddle = down.backward(pass, gy, saved.down(), below);
    if (gMiddle.isEmpty()) {
      return List.of();
    }
    List<NDArray> g = middleBackward(pass, gMiddle.get(), saved.ins());
    List<NDArray> parts = new ArrayList<>();
    for (int i = 0; i < g.size(); i++) {
      ins.get(i).backward(pass, g.get(i), saved.ins().get(i).trace(), carry).ifPresent(parts::add);
    }
    return parts;
  }

  private List<NDArray> middleBackward(Pass pass, NDArray gy, List<Linear.Saved> x) {
    String kind = activation.kernel();
    return switch (shape) {
      case GATED ->
          MlpKernels.gatedVjp(pass.scope(), gy, x.get(0).output(), x.get(1).output(), kind);
      case FUSED_GATED ->
          List.of(MlpKernels.fusedGatedVjp(pass.scope(), gy, x.get(0).output(), kind));
      case PLAIN -> List.of(MlpKernels.activationVjp(pass.scope(), gy, x.get(0).output(), kind));
    };
  }

  @Override
  public boolean isAdapted(Pass pass) {
    return down.isAdapted(pass) || ins.stream().anyMatch(linear -> linear.isAdapted(pass));
  }
}
