package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@link Residual#PARALLEL} and {@link Residual#PARALLEL_TWO_NORMS}.
 *
 * @param mlpNorm empty if the MLP reads what attention reads
 */
record ParallelLayer(
    Norm attentionNorm, AttentionBlock attention, Optional<Norm> mlpNorm, MlpBlock mlp)
    implements DecoderLayer {

  @Override
  public Saved forward(Pass pass, NDArray x, Function<NDArray, AttentionBlock.Saved> attend) {
    NDArray normed = attentionNorm.forward(pass, x);
    AttentionBlock.Saved a = attend.apply(normed);
    NDArray wanted = pass.wantedOf(x);
    MlpBlock.Saved f = mlp.forward(pass.behindAttention(), mlpInput(pass, wanted, normed));
    return new Saved(x, a, wanted, f, Optional.of(joined(pass, f.output(), a.output(), wanted)));
  }

  @Override
  public Saved again(Pass pass, NDArray x, Kept kept) {
    NDArray normed = attentionNorm.forward(pass, x);
    AttentionBlock.Saved a = attention.again(pass, normed, kept, false);
    NDArray wanted = pass.wantedOf(x);
    NDArray n = mlpInput(pass, wanted, normed);
    MlpBlock.Saved f = mlp.again(pass.behindAttention(), n, kept, false);
    return new Saved(x, a, wanted, f, Optional.empty());
  }

  /**
   * @param wanted rows of the layer's input
   * @param normed of all its rows, for attention
   */
  private NDArray mlpInput(Pass pass, NDArray wanted, NDArray normed) {
    return mlpNorm
        .map(norm -> norm.forward(pass.behindAttention(), wanted))
        .orElseGet(() -> pass.wantedOf(normed));
  }

  @Override
  public boolean readsAttentionResult() {
    return false;
  }

  private static NDArray joined(Pass pass, NDArray y, NDArray attended, NDArray x) {
    return LinearKernels.addInPlace(
        pass.scope(), LinearKernels.addInPlace(pass.scope(), y, attended), x);
  }

  @Override
  public boolean readsMlpResult() {
    return false;
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean carryToNorms = carry || norms().stream().anyMatch(norm -> norm.isTrained(pass));
    Pass behind = pass.behindAttention();
    List<NDArray> gMlp = mlp.backward(behind, gy, saved.mlp(), carryToNorms);
    List<NDArray> gAttention = attention.backward(pass, gy, saved.attention(), carryToNorms);
    if (!carryToNorms) {
      return Optional.empty();
    }
    if (mlpNorm.isPresent()) {
      NDArray around = pass.ofAll(mlpNorm.get().backward(behind, gMlp, saved.middle(), gy));
      return Optional.of(attentionNorm.backward(pass, gAttention, saved.x(), around));
    }
    List<NDArray> all = new ArrayList<>(gMlp.stream().map(pass::ofAll).toList());
    all.addAll(gAttention);
    return Optional.of(attentionNorm.backward(pass, all, saved.x(), pass.ofAll(gy)));
  }

  @Override
  public List<Norm> norms() {
    return mlpNorm.map(norm -> List.of(attentionNorm, norm)).orElse(List.of(attentionNorm));
  }
}
