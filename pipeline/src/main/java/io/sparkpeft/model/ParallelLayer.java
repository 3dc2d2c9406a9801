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
    MlpBlock.Saved f = mlp.forward(pass, mlpInput(pass, x, normed));
    return new Saved(x, a, x, f, Optional.of(joined(pass, f.output(), a.output(), x)));
  }

  @Override
  public Saved again(Pass pass, NDArray x, Kept kept) {
    NDArray normed = attentionNorm.forward(pass, x);
    AttentionBlock.Saved a = attention.again(pass, normed, kept, false);
    MlpBlock.Saved f = mlp.again(pass, mlpInput(pass, x, normed), kept, false);
    return new Saved(x, a, x, f, Optional.empty());
  }

  private NDArray mlpInput(Pass pass, NDArray x, NDArray normed) {
    return mlpNorm.map(norm -> norm.forward(pass, x)).orElse(normed);
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
    List<NDArray> gMlp = mlp.backward(pass, gy, saved.mlp(), carryToNorms);
    List<NDArray> gAttention = attention.backward(pass, gy, saved.attention(), carryToNorms);
    if (!carryToNorms) {
      return Optional.empty();
    }
    if (mlpNorm.isPresent()) {
      NDArray around = mlpNorm.get().backward(pass, gMlp, saved.x(), gy);
      return Optional.of(attentionNorm.backward(pass, gAttention, saved.x(), around));
    }
    List<NDArray> all = new ArrayList<>(gMlp);
    all.addAll(gAttention);
    return Optional.of(attentionNorm.backward(pass, all, saved.x(), gy));
  }

  @Override
  public List<Norm> norms() {
    return mlpNorm.map(norm -> List.of(attentionNorm, norm)).orElse(List.of(attentionNorm));
  }
}
