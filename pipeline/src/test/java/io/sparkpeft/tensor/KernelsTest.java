package io.sparkpeft.tensor;

import static io.sparkpeft.tensor.RowWork.TORCH;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.AttentionKernels.Projections;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kernel against its obvious twin, each gradient against torch.grad of the twin. */
class KernelsTest extends TwinTest {
  KernelsTest() {
    super(7, 2e-5);
  }

  /** Of so few rows that they are worked on together, and of more. */
  @ParameterizedTest
  @ValueSource(longs = {5, 20_001})
  void rmsNorm(long rows) {
    NDArray x = random(rows, 8);
    NDArray w = random(8);
    NDArray gy = random(rows, 8);
    NDArray around = random(rows, 8);
    same(NormKernels.rmsNorm(manager, x, w, 0.01, TORCH), oracle("plain_rms_norm", x, w));
    same(
        NormKernels.rmsNormVjp(manager, List.of(gy, around), x, w, 0.01, TORCH),
        oracle("rms_norm_gradient", gy.add(around), x, w));
    NDArray more = w.add(1);
    same(NormKernels.offsetRmsNorm(manager, x, w, 0.01, TORCH), oracle("plain_rms_norm", x, more));
    same(
        NormKernels.offsetRmsNormVjp(manager, List.of(gy), x, w, 0.01, TORCH),
        oracle("rms_norm_gradient", gy, x, more));
  }

  @Test
  void layerNorm() {
    NDArray x = random(5, 8);
    NDArray w = random(8);
    NDArray b = random(8);
    NDArray gy = random(5, 8);
    NDArray other = random(5, 8);
    same(NormKernels.layerNorm(manager, x, w, b, 0.01), oracle("plain_layer_norm", x, w, b));
    same(
        NormKernels.layerNormVjp(manager, List.of(gy, other), x, w, 0.01),
        oracle("layer_norm_gradient", gy.add(other), x, w, b));
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void loraWithDropout(Product product) {
    NDArray x = random(9, 6);
    NDArray w = random(7, 6);
    NDArray a = random(3, 6);
    NDArray b = random(7, 3);
    NDArray gy = random(9, 7);
    byte[] kept = new byte[54];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = (byte) random.nextInt(2);
    }
    int[] places = IntStream.range(0, kept.length).filter(i -> kept[i] == 0).toArray();
    NDArray factors = factors(kept);
    NDArray dropped = DropoutKernels.dropout(manager, x, places);

    List<NDArray> y = LinearKernels.loraLinear(manager, x, dropped, w, a, b, 1.5 / 0.75, product);
    List<NDArray> g =
        LinearKernels.loraParametersVjp(manager, gy, dropped, y.get(1), b, 1.5 / 0.75);
    NDArray path = LinearKernels.loraInputVjp(manager, g.get(0), a);
    DropoutKernels.drop(path, places);
    NDArray gx = LinearKernels.linearVjpOnto(manager, path, gy, w, product);

    same(y.get(0), oracle("plain_lora", x, factors, w, a, b));
    same(gx, oracle("lora_gradient_x", gy, x, factors, w, a, b));
    same(g.get(1), oracle("lora_gradient_a", gy, x, factors, w, a, b));
    same(g.get(2), oracle("lora_gradient_b", gy, x, factors, w, a, b));
  }

  /** What a mask is to a product. */
  private NDArray factors(byte[] kept) {
    float[] values = new float[kept.length];
    for (int i = 0; i < kept.length; i++) {
      values[i] = kept[i];
    }
    return Tensors.fromFloats(manager, values, 9, 6);
  }

  @ParameterizedTest
  @EnumSource(
      value = Dtype.class,
      names = {"FLOAT32", "BFLOAT16", "FLOAT16"})
  void dropsWhereItIsTold(Dtype dtype) {
    NDArray x = Tensors.cast(manager, random(5, 4), dtype);
    int[] places = {0, 7, 18};
    float[] expected = Tensors.cast(manager, x, Dtype.FLOAT32).toFloatArray();
    for (int place : places) {
      expected[place] = 0;
    }
    NDArray dropped = DropoutKernels.dropout(manager, x, places);
    DropoutKernels.dropByKernel(x, places);
    assertThat(Tensors.cast(manager, dropped, Dtype.FLOAT32).toFloatArray()).isEqualTo(expected);
    assertThat(Tensors.cast(manager, x, Dtype.FLOAT32).toFloatArray()).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void loraWithoutDropout(Product product) {
    NDArray x = random(9, 6);
    NDArray w = random(7, 6);
    NDArray a = random(3, 6);
    NDArray b = random(7, 3).mul(0.75f);
    NDArray gy = random(9, 7);
    NDArray all = manager.ones(new Shape(9, 6));
    NDArray u = Tensors.matmul(manager, x, a.transpose());
    NDArray gu = LinearKernels.loraParametersVjp(manager, gy, x, u, b, 1.5 / 0.75).get(0);
    NDArray path = LinearKernels.loraInputVjp(manager, gu, a);
    same(
        LinearKernels.linearVjpOnto(manager, path, gy, w, product),
        oracle("lora_gradient_x", gy, x, all, w, a, b));
    same(LinearKernels.linear(manager, x, w, product), x.matMul(w.transpose()));
    same(LinearKernels.linearVjp(manager, gy, w, product), gy.matMul(w));
  }

  /** Blocks that divide the positions, that do not, and one that holds them all; each choice. */
  @ParameterizedTest
  @CsvSource({
    // block, features that turn, window, cap, ALiBi
    "4, 6, 0, 0, false",
    "5, 6, 0, 0, false",
    "1, 6, 0, 0, false",
    "64, 6, 0, 0, false",
    "4, 4, 3, 0, false",
    "5, 2, 1, 0.5, false",
    "64, 6, 5, 0.5, false",
    "4, 0, 0, 0, true",
    "5, 6, 3, 0, true",
  })
  void attention(int block, int turning, int window, double cap, boolean alibi) {
    attention(Attention.BLOCKS, block, turning, window, cap, alibi);
  }

  /** torch's own, and where it would have to do what it cannot. */
  @ParameterizedTest
  @CsvSource({"6, 0, 0, false", "4, 0, 0, false", "6, 5, 0.5, false", "6, 0, 0, true"})
  void fusedAttention(int turning, int window, double cap, boolean alibi) {
    attention(Attention.FUSED, 64, turning, window, cap, alibi);
  }

  /** Texts that begin alike, cut into parts, against each text by itself. */
  @ParameterizedTest
  @CsvSource({"64, 0, false", "3, 0, false", "3, 4, false", "64, 0, true"})
  void attentionOfBranches(int block, int window, boolean alibi) {
    long[] lengths = {7, 3, 1, 4, 5};
    long[] stems = {-1, 0, 0, 1, -1};
    long[][] chains = {{0}, {0, 1}, {0, 2}, {0, 1, 3}, {4}};
    long[] first = {0, 7, 10, 11, 15};
    NDArray q = random(20, 24);
    NDArray k = random(20, 12);
    NDArray v = random(20, 12);
    NDArray cos = random(20, 6).cos().expandDims(1);
    NDArray sin = random(20, 6).sin().expandDims(1);
    NDArray slopes = manager.create(new float[] {0.5f, 0.25f, 1, 2}).reshape(2, 1, 2, 1);
    Form form =
        new Form(
            Attention.FUSED,
            0.3,
            block,
            window,
            0,
            alibi ? List.of(Tensors.cast(manager, slopes, Dtype.BFLOAT16)) : List.of());
    AttentionKernels.Heads heads =
        AttentionKernels.heads(manager, new Projections(q, k, v, cos, sin, 6));
    NDArray y =
        AttentionKernels.attention(
                manager,
                AttentionKernels.behindStems(manager, heads, lengths, stems),
                lengths,
                new long[] {0, 7, 7, 10, 0},
                form)
            .y();
    for (int part = 0; part < lengths.length; part++) {
      long[] rows =
          Arrays.stream(chains[part])
              .flatMap(p -> LongStream.range(first[(int) p], first[(int) p] + lengths[(int) p]))
              .toArray();
      NDArray own = manager.create(rows);
      AttentionKernels.Heads whole =
          AttentionKernels.heads(
              manager,
              new Projections(q.get(own), k.get(own), v.get(own), cos.get(own), sin.get(own), 6));
      NDArray expected =
          AttentionKernels.attention(manager, whole, new long[] {rows.length}, new long[] {0}, form)
              .y();
      long end = first[part] + lengths[part];
      same(
          y.get(first[part] + ":" + end),
          expected.get((rows.length - lengths[part]) + ":" + rows.length));
    }
  }

  private void attention(
      Attention method, int block, int turning, int window, double cap, boolean alibi) {
    long[] lengths = {12, 1, 9, 4};
    NDArray q = random(26, 24);
    NDArray k = random(26, 12);
    NDArray v = random(26, 12);
    NDArray gy = random(26, 24);
    NDArray angles = random(26, turning / 2);
    NDArray cos = angles.cos().concat(angles.cos(), 1).expandDims(1);
    NDArray sin = angles.sin().neg().concat(angles.sin(), 1).expandDims(1);
    NDArray slopes = manager.create(alibi ? new float[] {0.5f, 0.25f, 1, 2} : new float[4]);
    NDArray half = Tensors.cast(manager, slopes.reshape(2, 1, 2, 1), Dtype.BFLOAT16);
    Form form = new Form(method, 0.3, block, window, cap, alibi ? List.of(half) : List.of());

    AttentionKernels.Heads heads =
        AttentionKernels.heads(manager, new Projections(q, k, v, cos, sin, 6));
    AttentionKernels.Mixed y =
        AttentionKernels.attention(manager, heads, lengths, new long[lengths.length], form);
    AttentionKernels.Heads gHeads =
        AttentionKernels.attentionVjp(manager, gy, y, heads, lengths, 0, form);
    List<NDArray> g = AttentionKernels.headsVjp(manager, gHeads, cos, sin);

    NDArray settings = manager.create(new float[] {0.3f, window, (float) cap});
    NDArray[] inputs = {q, k, v, angles, places(lengths), settings, slopes};
    same(y.y(), oracle("plain_attention", inputs));
    same(g.get(0), oracle("attention_gradient_q", with(gy, inputs)));
    same(g.get(1), oracle("attention_gradient_k", with(gy, inputs)));
    same(g.get(2), oracle("attention_gradient_v", with(gy, inputs)));
  }

  /** Of each token, its document and its position there. */
  private NDArray places(long[] lengths) {
    List<Float> places = new ArrayList<>();
    for (int document = 0; document < lengths.length; document++) {
      for (int position = 0; position < lengths[document]; position++) {
        places.add((float) document);
        places.add((float) position);
      }
    }
    float[] values = new float[places.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = places.get(i);
    }
    return manager.create(values, new Shape(values.length / 2, 2));
  }

  private static NDArray[] with(NDArray first, NDArray... others) {
    NDArray[] all = new NDArray[others.length + 1];
    all[0] = first;
    System.arraycopy(others, 0, all, 1, others.length);
    return all;
  }

  /** Three projections in one: what comes out of them goes back where it came from. */
  @Test
  void fusedProjections() {
    NDArray q = random(5, 24);
    NDArray k = random(5, 12);
    NDArray v = random(5, 12);
    NDArray stacked = q.concat(k, 1).concat(v, 1);
    List<NDArray> parts = AttentionKernels.splitStacked(manager, stacked, 24, 12);
    same(parts.get(0), q);
    same(parts.get(1), k);
    same(parts.get(2), v);
    same(AttentionKernels.splitStackedVjp(manager, parts), stacked);
    NDArray grouped = AttentionKernels.splitGroupedVjp(manager, List.of(q, k, v), 2, 6);
    same(grouped.get(":, 12:18"), k.get(":, :6")); // after two queries of the first key head
    same(grouped.get(":, 24:36"), q.get(":, 12:"));
    List<NDArray> back = AttentionKernels.splitGrouped(manager, grouped, 2, 6);
    same(back.get(0), q);
    same(back.get(1), k);
    same(back.get(2), v);
  }

  @ParameterizedTest
  @ValueSource(strings = {"silu", "gelu", "tanh_gelu", "tanh", "relu"})
  void activations(String kind) {
    NDArray x = random(5, 8);
    NDArray up = random(5, 8);
    NDArray both = x.concat(up, 1);
    NDArray gy = random(5, 8);
    List<NDArray> g = MlpKernels.gatedVjp(manager, gy, x, up, kind);
    NDArray gBoth = MlpKernels.fusedGatedVjp(manager, gy, both, kind);

    same(MlpKernels.activation(manager, x, kind), oracle("plain_" + kind, x));
    same(MlpKernels.activationVjp(manager, gy, x, kind), oracle(kind + "_gradient", gy, x));
    same(MlpKernels.gated(manager, x, up, kind), oracle("plain_" + kind, x).mul(up));
    same(MlpKernels.fusedGated(manager, both, kind), oracle("plain_" + kind, x).mul(up));
    same(g.get(0), oracle(kind + "_gradient", gy.mul(up), x));
    same(g.get(1), oracle("plain_" + kind, x).mul(gy));
    same(gBoth, g.get(0).concat(g.get(1), 1));
  }

  @Test
  void softCap() {
    NDArray x = random(5, 8);
    NDArray gy = random(5, 8);
    NDArray y = HeadKernels.softCap(manager, x, 0.75);
    same(y, oracle("plain_soft_cap", x));
    same(HeadKernels.softCapVjp(manager, gy, y, 0.75), oracle("soft_cap_gradient", gy, x));
  }

  @Test
  void crossEntropy() {
    NDArray logits = random(4, 9);
    NDArray targets = manager.create(new long[] {3, 0, 8, 3});
    HeadKernels.Loss loss = crossEntropy(logits, targets);
    same(manager.create((float) loss.nats()), oracle("plain_cross_entropy", logits, targets));
    same(loss.gradient(), oracle("cross_entropy_gradient", logits, targets));
    List<NDArray> likely = HeadKernels.logLikelihood(manager, logits, targets);
    same(likely.get(0).sum().neg(), manager.create(loss.nats()));
    assertThat(HeadKernels.greedy(manager, logits).toLongArray())
        .isEqualTo(logits.argMax(1).toLongArray());
  }

  private HeadKernels.Loss crossEntropy(NDArray logits, NDArray targets) {
    return HeadKernels.crossEntropy(manager, logits, targets, 0.25, logits, RowWork.TORCH);
  }

  @Test
  void rowsWithoutATargetCountForNothing() {
    NDArray logits = random(6, 9);
    NDArray targets = manager.create(new long[] {3, 0, 8, 3});
    HeadKernels.Loss own = crossEntropy(logits.get("0:4"), targets);
    HeadKernels.Loss filled = crossEntropy(logits, targets);
    assertThat(filled.nats()).isEqualTo(own.nats());
    assertThat(filled.gradient().get("0:4")).isEqualTo(own.gradient());
    assertThat(filled.gradient().get("4:6")).isEqualTo(own.gradient().get("0:2").zerosLike());
    assertThat(HeadKernels.logLikelihood(manager, logits, targets))
        .isEqualTo(HeadKernels.logLikelihood(manager, logits.get("0:4"), targets));
  }

  @Test
  void rowsOfATableAndBack() {
    NDArray table = random(6, 3);
    NDArray ids = manager.create(new long[] {4, 1});
    NDArray rows = EmbeddingKernels.embedding(manager, table, ids);
    assertThat(rows.get(0)).isEqualTo(table.get(4));
    NDArray back =
        EmbeddingKernels.selectRowsVjp(manager, List.of(rows.get("0:1"), rows.get("1:2")), ids, 6);
    assertThat(back.get(1)).isEqualTo(table.get(1));
    assertThat(back.get(0).abs().sum().getFloat()).isZero();
  }

  @Test
  void embeddings() {
    NDArray table = random(6, 3);
    NDArray positions = random(7, 3);
    NDArray ids = manager.create(new long[] {4, 1});
    NDArray places = manager.create(new long[] {0, 3});
    NDArray scaled = EmbeddingKernels.scaledEmbedding(manager, table, ids, 1.5);
    same(scaled, EmbeddingKernels.embedding(manager, table, ids).mul(1.5f));
    NDArray expected = scaled.get(1).add(positions.get(5));
    EmbeddingKernels.addPositions(manager, scaled, positions, places, 2);
    same(scaled.get(1), expected);
    same(LinearKernels.sum(manager, List.of(table, table, table)), table.mul(3));
    NDArray both = EmbeddingKernels.joinRows(manager, List.of(table, positions));
    same(both.get("6:"), positions);
  }

  /** A scale is rounded to the table's type before it multiplies: sqrt(3072) is 55.5 in bf16. */
  @Test
  void scalesOfBfloat16EmbeddingsAreRounded() {
    NDArray one = Tensors.cast(manager, manager.ones(new Shape(1, 1)), Dtype.BFLOAT16);
    NDArray ids = manager.create(new long[] {0});
    NDArray scaled = EmbeddingKernels.scaledEmbedding(manager, one, ids, Math.sqrt(3072));
    assertThat(Tensors.cast(manager, scaled, Dtype.FLOAT32).toFloatArray()).containsExactly(55.5f);
  }
}
