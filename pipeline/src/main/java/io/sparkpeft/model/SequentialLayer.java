package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.LinearKernels;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
  public Saved forward(Pass pass, NDArray x, Function<NDArray, AttentionBlock.Saved> attend) {
    AttentionBlock.Saved a = attend.apply(attentionNorm.forward(pass, x));
    Pass behind = pass.behindAttention();
    NDArray middle = joined(behind, attentionResultNorm, a.output(), pass.wantedOf(x));
    MlpBlock.Saved f = mlp.forward(behind, mlpNorm.forward(behind, middle));
    NDArray y = joined(behind, mlpResultNorm, f.output(), middle);
    return new Saved(x, a, middle, f, Optional.of(y));
  }

  @Override
  public Saved again(Pass pass, NDArray x, Kept kept) {
    AttentionBlock.Saved a = attention.again(pass, attentionNorm.forward(pass, x), kept, true);
    // Where no norm is between them, what was kept of attention is joined to x already.
    boolean isJoined = kept.has(attention.out()) && attentionResultNorm.isEmpty();
    Pass behind = pass.behindAttention();
    NDArray middle =
        isJoined ? a.output() : joined(behind, attentionResultNorm, a.output(), pass.wantedOf(x));
    MlpBlock.Saved f = mlp.again(behind, mlpNorm.forward(behind, middle), kept, readsMlpResult());
    return new Saved(x, a, middle, f, Optional.empty());
  }

  @Override
  public boolean readsAttentionResult() {
    return true;
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
    boolean carryToNorm = carry || attentionNorm.isTrained(pass);
    boolean below =
        carryToNorm || attention.isAdapted(pass) || isTrained(pass, attentionResultNorm);
    Pass behind = pass.behindAttention();
    NDArray gMlp = ofResult(behind, mlpResultNorm, gy, saved.mlp()::output);
    boolean carryToMlpNorm = below || mlpNorm.isTrained(pass);
    List<NDArray> gNormed = mlp.backward(behind, gMlp, saved.mlp(), carryToMlpNorm);
    if (!carryToMlpNorm) {
      return Optional.empty();
    }
    NDArray gMiddle = mlpNorm.backward(behind, gNormed, saved.middle(), gy);
    if (!below) {
      return Optional.empty();
    }
    NDArray gAttention = ofResult(behind, attentionResultNorm, gMiddle, saved.attention()::output);
    List<NDArray> g = attention.backward(pass, gAttention, saved.attention(), carryToNorm);
    return carryToNorm
        ? Optional.of(attentionNorm.backward(pass, g, saved.x(), pass.ofAll(gMiddle)))
        : Optional.empty();
  }

  @Override
  public List<Norm> norms() {
    return Stream.of(
            Optional.of(attentionNorm), attentionResultNorm, Optional.of(mlpNorm), mlpResultNorm)
        .flatMap(Optional::stream)
        .toList();
  }

  private static boolean isTrained(Pass pass, Optional<Norm> norm) {
    return norm.filter(present -> present.isTrained(pass)).isPresent();
  }

  private static NDArray ofResult(
      Pass pass, Optional<Norm> norm, NDArray g, Supplier<NDArray> result) {
    return norm.map(present -> present.backward(pass, List.of(g), result.get())).orElse(g);
  }
}
