package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.EmbeddingDelta;
import io.sparkpeft.adapter.LowRankEmbedding;
import io.sparkpeft.adapter.TokenRows;
import io.sparkpeft.tensor.DoraKernels;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The embedding of tokens computed with one kind of delta. */
sealed interface AdaptedEmbedding {

  static AdaptedEmbedding of(EmbeddingDelta delta, double scale) {
    return delta instanceof LowRankEmbedding lowRank
        ? new LowRank(lowRank, scale)
        : new Rows((TokenRows) delta, scale);
  }

  /**
   * @param rows of the frozen embedding, scaled [ids, hidden]; may be written into
   */
  NDArray forward(Pass pass, NDArray rows, long[] ids);

  /**
   * Hands the adapter's gradients on.
   *
   * @param gy of {@link #forward}'s result
   * @param rows as {@link #forward} got them; may be written into
   */
  void backward(Pass pass, NDArray gy, NDArray rows, long[] ids);

  /** y = rows + scale * scaling * B A[:, ids]; with a magnitude, its features scaled anew. */
  record LowRank(LowRankEmbedding delta, double scale) implements AdaptedEmbedding {
    @Override
    public NDArray forward(Pass pass, NDArray rows, long[] ids) {
      NDArray v = sum(pass, rows, ids).get(0);
      return delta
          .magnitude()
          .map(m -> DoraKernels.output(pass.scope(), v, m.values().value(), m.norms().values()))
          .orElse(v);
    }

    /** [rows + the product, A[:, ids]^T]. */
    private List<NDArray> sum(Pass pass, NDArray rows, long[] ids) {
      return EmbeddingKernels.loraEmbedding(
          pass.scope(), rows, places(pass, ids), a(), b(), scale * delta.scaling());
    }

    @Override
    public void backward(Pass pass, NDArray gy, NDArray rows, long[] ids) {
      List<NDArray> sum = sum(pass, rows, ids);
      NDArray gv = delta.magnitude().map(m -> throughMagnitude(pass, gy, sum.get(0), m)).orElse(gy);
      List<NDArray> gradients =
          EmbeddingKernels.loraEmbeddingVjp(
              pass.scope(),
              gv,
              places(pass, ids),
              sum.get(1),
              b(),
              a().getShape().get(1),
              scale * delta.scaling());
      pass.gradients().add(delta.a(), gradients.get(0));
      pass.gradients().add(delta.b(), gradients.get(1));
    }

    private static NDArray throughMagnitude(
        Pass pass, NDArray gy, NDArray v, LowRankEmbedding.Magnitude m) {
      NDArray norms = m.norms().values();
      pass.gradients().add(m.values(), DoraKernels.magnitudeVjp(pass.scope(), gy, v, norms, 1));
      return DoraKernels.scaled(pass.scope(), gy, m.values().value(), norms, 0, 1);
    }

    private NDArray a() {
      return delta.a().value();
    }

    private NDArray b() {
      return delta.b().value();
    }

    private static NDArray places(Pass pass, long[] ids) {
      return Tensors.fromLongs(pass.scope(), ids, ids.length);
    }
  }

  /** The rows of some tokens are others. */
  record Rows(TokenRows delta, double scale) implements AdaptedEmbedding {

    /**
     * @param places of those tokens in the text
     * @param which of the trained rows they take
     */
    private record Taken(long[] places, long[] which) {}

    @Override
    public NDArray forward(Pass pass, NDArray rows, long[] ids) {
      Taken taken = taken(ids);
      return taken.places().length == 0
          ? rows
          : EmbeddingKernels.putRows(
              pass.scope(),
              rows,
              tensor(pass, taken.places()),
              delta.rows().value(),
              tensor(pass, taken.which()),
              scale);
    }

    @Override
    public void backward(Pass pass, NDArray gy, NDArray rows, long[] ids) {
      Taken taken = taken(ids);
      NDArray g = EmbeddingKernels.embedding(pass.scope(), gy, tensor(pass, taken.places()));
      NDArray which = tensor(pass, taken.which());
      pass.gradients()
          .add(
              delta.rows(),
              EmbeddingKernels.tableVjp(pass.scope(), g, which, delta.tokens().length, scale));
    }

    private Taken taken(long[] ids) {
      Map<Long, Integer> rows = new HashMap<>();
      for (int row = 0; row < delta.tokens().length; row++) {
        rows.put(delta.tokens()[row], row);
      }
      int[] places = IntStream.range(0, ids.length).filter(i -> rows.containsKey(ids[i])).toArray();
      return new Taken(
          IntStream.of(places).asLongStream().toArray(),
          IntStream.of(places).mapToLong(i -> rows.get(ids[i])).toArray());
    }

    private static NDArray tensor(Pass pass, long[] values) {
      return Tensors.fromLongs(pass.scope(), values, values.length);
    }
  }
}
