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
    MlpBlock.Saved f = mlp.forward(pass, mlpNorm.map(norm -> norm.forward(pass, x)).orElse(normed));
    NDArray both = LinearKernels.addInPlace(pass.scope(), f.output(), a.output());
    return new Saved(x, a, x, f, LinearKernels.addInPlace(pass.scope(), both, x));
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    List<NDArray> gMlp = mlp.backward(pass, gy, saved.mlp(), carry);
    List<NDArray> gAttention = attention.backward(pass, gy, saved.attention(), carry);
    if (!carry) {
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
}
