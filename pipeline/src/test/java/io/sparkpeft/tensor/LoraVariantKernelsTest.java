package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels of LoRA's variants, each against its obvious twin and torch.grad of it. */
class LoraVariantKernelsTest extends TwinTest {
  private static final double SCALING = 1.5;

  LoraVariantKernelsTest() {
    super(8, 2e-5);
  }

  /** Of nine rows two fall to one pair, three to another of a higher rank, and four to none. */
  @Test
  void severalPairsEachInItsOwnRows() {
    NDArray x = random(9, 6);
    NDArray before = random(9, 7);
    List<NDArray> as = List.of(random(3, 6), random(4, 6));
    List<NDArray> bs = List.of(random(7, 3), random(7, 4));
    NDArray y =
        LinearKernels.addLoras(
            manager, before.duplicate(), x, as, bs, new double[] {2, 0.5}, new long[] {1, 3, 6, 9});
    NDArray one = as.get(0).transpose().matMul(bs.get(0).transpose()).mul(2);
    NDArray other = as.get(1).transpose().matMul(bs.get(1).transpose()).mul(0.5);
    NDArray delta = manager.zeros(before.getShape());
    delta.set(new NDIndex("1:3"), x.get("1:3").matMul(one));
    delta.set(new NDIndex("6:9"), x.get("6:9").matMul(other));
    same(y, before.add(delta));
  }

  @Test
  void normsOfRowsWithoutTheirMatrix() {
    NDArray w = random(7, 6);
    NDArray a = random(3, 6);
    NDArray b = random(7, 3);
    NDArray squares = DoraKernels.rowSquares(manager, w);
    NDArray norms = DoraKernels.rowNorms(manager, squares, w, a, b, SCALING);
    same(norms, oracle("plain_row_norms", w, a, b));
    same(DoraKernels.rowNorms(manager, squares, w, a, b.mul(0), SCALING).pow(2), squares);
  }

  /** A row that LoRA cancels has norm zero, not the root of a negative number. */
  @Test
  void aRowThatVanishesHasNoNorm() {
    NDArray w = random(3, 3);
    NDArray squares = DoraKernels.rowSquares(manager, w);
    NDArray eye = manager.eye(3);
    NDArray norms = DoraKernels.rowNorms(manager, squares, w, w, eye.mul(-1), 1);
    for (float norm : norms.toFloatArray()) {
      assertThat(norm).isBetween(0f, 1e-3f);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void dora(boolean hasDropout) {
    NDArray x = random(9, 6);
    NDArray w = random(7, 6);
    NDArray a = random(3, 6);
    NDArray b = random(7, 3);
    NDArray m = random(7);
    NDArray gy = random(9, 7);
    int[] dropped = hasDropout ? random.ints(20, 0, 54).sorted().distinct().toArray() : new int[0];
    NDArray kept = DropoutKernels.dropout(manager, manager.ones(new Shape(9, 6)), dropped);
    double share = hasDropout ? 1 / 0.75 : 1;
    NDArray norm = oracle("plain_row_norms", w, a, b);

    NDArray left = DropoutKernels.dropout(manager, x, dropped);
    NDArray product = left.matMul(w.transpose());
    List<NDArray> v = DoraKernels.direction(manager, product.duplicate(), left, a, b, SCALING);
    NDArray whole = x.matMul(w.transpose());
    NDArray y = DoraKernels.outputBeside(manager, whole, product, v.get(0), m, norm, share);
    same(y, oracle("plain_dora", x, kept, w, a, b, m));
    if (!hasDropout) {
      same(DoraKernels.output(manager, v.get(0), m, norm), y);
    }

    NDArray gv = DoraKernels.scaled(manager, gy, m, norm, 0, share);
    List<NDArray> g = LinearKernels.loraParametersVjp(manager, gv, left, v.get(1), b, SCALING);
    NDArray beside = DoraKernels.scaled(manager, gy, m, norm, 1, share);
    NDArray gLeft = beside.matMul(w).add(g.get(0).matMul(a)).mul(kept);
    NDArray gm = DoraKernels.magnitudeVjp(manager, gy, v.get(0), norm, share);
    NDArray gx = gy.matMul(w).add(gLeft);
    same(flat(gx, g.get(1), g.get(2), gm), oracle("dora_gradients", gy, x, kept, w, a, b, m));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mergedDora(boolean transposed) {
    NDArray w = random(7, 6);
    NDArray a = random(3, 6);
    NDArray b = random(7, 3);
    NDArray m = random(7);
    NDArray v = w.add(b.matMul(a).mul((float) SCALING));
    NDArray lying = transposed ? v.transpose() : v;
    NDArray merged = DoraKernels.merged(manager, lying, m, w, transposed);
    same(transposed ? merged.transpose() : merged, oracle("plain_dora_weight", w, a, b, m));
  }

  @Test
  void whatIsTrainedWhole() {
    NDArray x = random(9, 6);
    NDArray w = random(7, 6);
    NDArray gy = random(9, 7);
    NDArray norm = random(6);
    NDArray other = random(6);
    NDArray g = random(9, 6);
    NDArray more = random(9, 6);
    same(LinearKernels.weightVjp(manager, gy, x), oracle("weight_gradient", gy, x, w));
    same(LinearKernels.biasVjp(manager, gy, 1.5), oracle("bias_gradient", gy, random(7)));
    same(
        NormKernels.rmsNormWeightVjp(manager, List.of(g, more), x, 0.01),
        oracle("rms_norm_weight_gradient", g.add(more), x, norm));
    List<NDArray> both = NormKernels.layerNormWeightVjp(manager, List.of(g, more), x, 0.01);
    same(
        flat(both.get(0), both.get(1)),
        oracle("layer_norm_weight_gradients", g.add(more), x, norm, other));
  }

  @Test
  void outputsOfRowsOfTheirOwn() {
    NDArray x = random(9, 6);
    NDArray w = random(7, 6);
    NDArray rows = random(2, 6);
    NDArray outputs = Tensors.fromLongs(manager, new long[] {5, 2}, 2);
    NDArray gy = random(9, 7);
    NDArray y = LinearKernels.putOutputs(manager, x.matMul(w.transpose()), x, outputs, rows);
    same(y, oracle("plain_put_outputs", x, w, outputs, rows));
    List<NDArray> g = LinearKernels.putOutputsVjp(manager, gy, x, outputs);
    NDArray gx = LinearKernels.addProduct(manager, g.get(0).matMul(w), g.get(1), rows, 1);
    same(gx, oracle("put_outputs_gradient_x", gy, x, w, outputs, rows));
    same(g.get(2), oracle("put_outputs_gradient_rows", gy, x, w, outputs, rows));
  }

  @Test
  void embeddings() {
    long[] tokens = {3, 0, 3, 4, 3};
    NDArray ids = Tensors.fromLongs(manager, tokens, tokens.length);
    NDArray table = random(5, 4);
    NDArray gy = random(5, 4);
    same(
        EmbeddingKernels.tableVjp(manager, gy, ids, 5, 1.5),
        oracle("table_gradient", gy, ids, table));

    NDArray x = random(5, 4);
    NDArray a = random(2, 5);
    NDArray b = random(4, 2);
    List<NDArray> y = EmbeddingKernels.loraEmbedding(manager, x.duplicate(), ids, a, b, 1.5);
    same(y.get(0), oracle("plain_lora_embedding", x, ids, a, b));
    List<NDArray> g = EmbeddingKernels.loraEmbeddingVjp(manager, gy, ids, y.get(1), b, 5, 1.5);
    same(flat(g.get(0), g.get(1)), oracle("lora_embedding_gradients", gy, x, ids, a, b));
  }

  @Test
  void rowsInOtherPlaces() {
    NDArray x = random(3, 4);
    NDArray rows = random(2, 4);
    NDArray places = Tensors.fromLongs(manager, new long[] {2, 0}, 2);
    NDArray which = Tensors.fromLongs(manager, new long[] {0, 1}, 2);
    float[] expected = x.toFloatArray();
    float[] given = rows.toFloatArray();
    System.arraycopy(given, 0, expected, 8, 4);
    System.arraycopy(given, 4, expected, 0, 4);
    assertThat(EmbeddingKernels.replaceRows(manager, x, places, rows).toFloatArray())
        .isEqualTo(expected);
    NDArray put = EmbeddingKernels.putRows(manager, x.duplicate(), places, rows, which, 1);
    assertThat(put.toFloatArray()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"9, 6", "6, 9", "5, 5"})
  void singularFactorsAreTheBestApproximation(int out, int in) {
    NDArray w = random(out, in);
    NDArray best = oracle("best_approximation", w, manager.create(new long[] {3}).squeeze());
    List<NDArray> exact = DecompositionKernels.singularFactors(manager, w, 3, 2);
    same(exact.get(1).matMul(exact.get(0)).mul(2), best);
    NDArray noise = random(Math.min(in, out), 3);
    List<NDArray> close =
        DecompositionKernels.approximateSingularFactors(manager, w, noise, 200, 2);
    assertThat(difference(close.get(1).matMul(close.get(0)).mul(2), best)).isLessThan(1e-3);
  }

  @Test
  void orthonormalFactorsAreTheBeginningOfTheMatrix() {
    NDArray w = random(7, 5);
    List<NDArray> all = DecompositionKernels.orthonormalFactors(manager, w, 5);
    same(all.get(1).matMul(all.get(0)), w);
    List<NDArray> some = DecompositionKernels.orthonormalFactors(manager, w, 2);
    same(some.get(0), all.get(0).get("0:2"));
    same(some.get(1), all.get(1).get(":, 0:2"));
  }

  @Test
  void interleavedFactorsMakeNothing() {
    List<NDArray> factors =
        DecompositionKernels.interleavedFactors(manager, random(4, 4), random(9, 2), random(2, 7));
    assertThat(factors.get(0).getShape()).isEqualTo(new Shape(4, 9));
    assertThat(factors.get(1).getShape()).isEqualTo(new Shape(7, 4));
    assertThat(difference(factors.get(1).matMul(factors.get(0)), manager.zeros(new Shape(7, 9))))
        .isLessThan(1e-6);
    assertThat(factors.get(0).abs().sum().getFloat()).isGreaterThan(1);
    assertThat(factors.get(1).abs().sum().getFloat()).isGreaterThan(1);
  }

  @Test
  void factorsOfADifference() {
    NDArray a = random(2, 5);
    NDArray b = random(4, 2);
    NDArray c = random(2, 5);
    NDArray d = random(4, 2);
    List<NDArray> joined = DecompositionKernels.difference(manager, a, b, c, d);
    same(joined.get(1).matMul(joined.get(0)), b.matMul(a).sub(d.matMul(c)));
  }

  private NDArray flat(NDArray... parts) {
    NDArray all = parts[0].reshape(-1);
    for (int i = 1; i < parts.length; i++) {
      all = all.concat(parts[i].reshape(-1));
    }
    return all;
  }

  private static double difference(NDArray actual, NDArray expected) {
    return Tensors.maxAbsDifference(actual, expected);
  }
}
