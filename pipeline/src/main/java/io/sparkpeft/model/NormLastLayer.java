package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** {@link Residual#NORM_LAST}. The parts' outputs become the sums that the norms read. */
record NormLastLayer(AttentionBlock attention, Norm attentionNorm, MlpBlock mlp, Norm mlpNorm)
    implements DecoderLayer {

  @Override
  public Saved forward(Pass pass, NDArray x, Function<NDArray, AttentionBlock.Saved> attend) {
    AttentionBlock.Saved a = attend.apply(x);
    Pass behind = pass.behindAttention();
    LinearKernels.addInPlace(pass.scope(), a.output(), pass.wantedOf(x));
    NDArray middle = attentionNorm.forward(behind, a.output());
    MlpBlock.Saved f = mlp.forward(behind, middle);
    LinearKernels.addInPlace(pass.scope(), f.output(), middle);
    return new Saved(x, a, middle, f, Optional.of(mlpNorm.forward(behind, f.output())));
  }

  @Override
  public Saved again(Pass pass, NDArray x, Kept kept) {
    AttentionBlock.Saved a = attention.again(pass, x, kept, true);
    if (!kept.has(attention.out())) {
      LinearKernels.addInPlace(pass.scope(), a.output(), pass.wantedOf(x));
    }
    Pass behind = pass.behindAttention();
    NDArray middle = attentionNorm.forward(behind, a.output());
    MlpBlock.Saved f = mlp.again(behind, middle, kept, true);
    if (!mlp.isResultKept(kept)) {
      LinearKernels.addInPlace(pass.scope(), f.output(), middle);
    }
    return new Saved(x, a, middle, f, Optional.empty());
  }

  @Override
  public boolean readsAttentionResult() {
    return true;
  }

  @Override
  public boolean readsMlpResult() {
    return true;
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean below = carry || attention.isAdapted(pass) || attentionNorm.isTrained(pass);
    Pass behind = pass.behindAttention();
    NDArray gMlp = mlpNorm.backward(behind, List.of(gy), saved.mlp().output());
    List<NDArray> gMiddle = with(mlp.backward(behind, gMlp, saved.mlp(), below), gMlp);
    if (!below) {
      return Optional.empty();
    }
    NDArray gAttention = attentionNorm.backward(behind, gMiddle, saved.attention().output());
    List<NDArray> g = attention.backward(pass, gAttention, saved.attention(), carry);
    return carry
        ? Optional.of(LinearKernels.sum(pass.scope(), with(g, pass.ofAll(gAttention))))
        : Optional.empty();
  }

  @Override
  public List<Norm> norms() {
    return List.of(attentionNorm, mlpNorm);
  }

  private static List<NDArray> with(List<NDArray> parts, NDArray around) {
    List<NDArray> all = new ArrayList<>(parts);
    all.add(around);
    return all;
  }
}
