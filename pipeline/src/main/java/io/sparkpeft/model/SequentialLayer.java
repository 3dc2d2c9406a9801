package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** {@link Residual#NORM_FIRST} and {@link Residual#NORM_AROUND}. */
record SequentialLayer(
    Norm attentionNorm,
    AttentionBlock attention,
    Optional<Norm> attentionResultNorm,
    Norm mlpNorm,
    MlpBlock mlp,
    Optional<Norm> mlpResultNorm)
    implements DecoderLayer {

  @Override
  public Saved forward(
      Pass pass,
      NDArray x,
      Function<NDArray, AttentionBlock.Saved> attend,
      Function<NDArray, MlpBlock.Saved> feed) {
    AttentionBlock.Saved a = attend.apply(attentionNorm.forward(pass, x));
    NDArray middle = joined(pass, attentionResultNorm, a.output(), x);
    MlpBlock.Saved f = feed.apply(mlpNorm.forward(pass, middle));
    Optional<NDArray> y = f.result().map(result -> joined(pass, mlpResultNorm, result, middle));
    return new Saved(x, a, middle, f, y);
  }

  @Override
  public boolean readsMlpResult() {
    return mlpResultNorm.isPresent();
  }

  private static NDArray joined(Pass pass, Optional<Norm> norm, NDArray result, NDArray stream) {
    NDArray normed = norm.map(present -> present.forward(pass, result)).orElse(result);
    return LinearKernels.addInPlace(pass.scope(), normed, stream);
  }

  @Override
  public Optional<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean below = carry || attention.isAdapted(pass);
    NDArray gMlp = ofResult(pass, mlpResultNorm, gy, saved.mlp()::output);
    List<NDArray> gNormed = mlp.backward(pass, gMlp, saved.mlp(), below);
    if (!below) {
      return Optional.empty();
    }
    NDArray gMiddle = mlpNorm.backward(pass, gNormed, saved.middle(), gy);
    NDArray gAttention = ofResult(pass, attentionResultNorm, gMiddle, saved.attention()::output);
    List<NDArray> g = attention.backward(pass, gAttention, saved.attention(), carry);
    return carry
        ? Optional.of(attentionNorm.backward(pass, g, saved.x(), gMiddle))
        : Optional.empty();
  }

  private static NDArray ofResult(
      Pass pass, Optional<Norm> norm, NDArray g, Supplier<NDArray> result) {
    return norm.map(present -> present.backward(pass, List.of(g), result.get())).orElse(g);
  }
}
