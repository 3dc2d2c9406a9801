package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kernel against its obvious twin, each gradient against torch.grad of the twin. */
class KernelsTest {
  private static final double TOLERANCE = 2e-5;
  private static final int[] AXIS = {0};

  private final Random random = new Random(7);
  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void rmsNorm() {
    NDArray x = random(5, 8);
    NDArray w = random(8);
    NDArray gy = random(5, 8);
    NDArray around = random(5, 8);
    same(NormKernels.rmsNorm(manager, x, w, 0.01), oracle("plain_rms_norm", x, w));
    NDArray expected = oracle("rms_norm_gradient", gy.add(around), x, w);
    same(NormKernels.rmsNormVjp(manager, List.of(gy, around), x, w, 0.01), expected);
    same(
        NormKernels.residualRmsNormVjp(manager, List.of(gy, around), x, w, 0.01, around),
        expected.add(around));
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
    NDArray mask = Tensors.fromUnsigned(manager, kept, 9, 6);
    NDArray factors = Tensors.cast(manager, mask, Dtype.FLOAT32);
    NDArray dropped = DropoutKernels.dropout(manager, x, mask);

    List<NDArray> y = LinearKernels.loraLinear(manager, x, dropped, w, a, b, 1.5 / 0.75, product);
    List<NDArray> g =
        LinearKernels.loraParametersVjp(manager, gy, dropped, y.get(1), b, 1.5 / 0.75);
    NDArray gx = LinearKernels.loraDroppedInputVjp(manager, gy, g.get(0), w, a, mask, product);

    same(y.get(0), oracle("plain_lora", x, factors, w, a, b));
    same(gx, oracle("lora_gradient_x", gy, x, factors, w, a, b));
    same(g.get(1), oracle("lora_gradient_a", gy, x, factors, w, a, b));
    same(g.get(2), oracle("lora_gradient_b", gy, x, factors, w, a, b));
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
    same(
        LinearKernels.loraInputVjp(manager, gy, gu, w, a, product),
        oracle("lora_gradient_x", gy, x, all, w, a, b));
    same(LinearKernels.linear(manager, x, w, product), x.matMul(w.transpose()));
    same(LinearKernels.linearVjp(manager, gy, w, product), gy.matMul(w));
  }

  /** Blocks that divide the positions, that do not, and one that holds them all. */
  @ParameterizedTest
  @ValueSource(ints = {4, 5, 1, 64})
  void attention(int block) {
    long[] lengths = {12, 1, 9, 4};
    NDArray documents = manager.create(new long[] {12, 13, 22, 26}).reshape(4, 1);
    NDArray ofToken = manager.arange(26).toType(DataType.INT64, false).gte(documents).sum(AXIS);
    NDArray q = random(26, 24);
    NDArray k = random(26, 12);
    NDArray v = random(26, 12);
    NDArray gy = random(26, 24);
    NDArray angles = random(26, 3);
    NDArray cos = angles.cos().concat(angles.cos(), 1).expandDims(1);
    NDArray sin = angles.sin().neg().concat(angles.sin(), 1).expandDims(1);

    AttentionKernels.Form form = new AttentionKernels.Form(Math.pow(6, -0.5), block);
    AttentionKernels.Heads heads = AttentionKernels.heads(manager, q, k, v, cos, sin, 6);
    AttentionKernels.Mixed y = AttentionKernels.attention(manager, heads, lengths, form);
    AttentionKernels.Heads gHeads =
        AttentionKernels.attentionVjp(manager, gy, y, heads, lengths, form);
    List<NDArray> g = AttentionKernels.headsVjp(manager, gHeads, cos, sin);

    same(y.y(), oracle("plain_attention", q, k, v, angles, ofToken));
    same(g.get(0), oracle("attention_gradient_q", gy, q, k, v, angles, ofToken));
    same(g.get(1), oracle("attention_gradient_k", gy, q, k, v, angles, ofToken));
    same(g.get(2), oracle("attention_gradient_v", gy, q, k, v, angles, ofToken));
  }

  @Test
  void swiglu() {
    NDArray gate = random(5, 8);
    NDArray up = random(5, 8);
    NDArray gy = random(5, 8);
    List<NDArray> g = MlpKernels.swigluVjp(manager, gy, gate, up);
    same(MlpKernels.swiglu(manager, gate, up), oracle("plain_swiglu", gate, up));
    same(g.get(0), oracle("swiglu_gradient_gate", gy, gate, up));
    same(g.get(1), oracle("swiglu_gradient_up", gy, gate, up));
  }

  @Test
  void crossEntropy() {
    NDArray logits = random(4, 9);
    NDArray targets = manager.create(new long[] {3, 0, 8, 3});
    List<NDArray> loss = HeadKernels.crossEntropy(manager, logits, targets, 0.25);
    same(loss.get(0), oracle("plain_cross_entropy", logits, targets));
    same(loss.get(1), oracle("cross_entropy_gradient", logits, targets));
    List<NDArray> likely = HeadKernels.logLikelihood(manager, logits, targets);
    same(likely.get(0).sum().neg(), loss.get(0));
    assertThat(HeadKernels.greedy(manager, logits).toLongArray())
        .isEqualTo(logits.argMax(1).toLongArray());
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

  /** No kernel leaves its inputs' device: on a GPU, that would fail or be slow. */
  @Test
  void everyTensorIsMadeOnTheInputsDevice() {
    NDArray ids = manager.create(new long[] {4, 1, 7});
    assertThat(number("meta_layer", random(5, 8), random(8, 8), random(3, 8), random(8, 3)))
        .isEqualTo(40);
    assertThat(number("meta_attention", random(18, 24), random(18, 12), random(18, 1, 6), ids))
        .isEqualTo(18 * 24 + 3 * 24);
    assertThat(number("meta_head", random(9, 8), random(9, 8), ids)).isEqualTo(9 * 9 + 3);
  }

  private NDArray random(long... shape) {
    Shape size = new Shape(shape);
    float[] values = new float[Math.toIntExact(size.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, size);
  }

  private NDArray oracle(String name, NDArray... arguments) {
    return Oracle.tensor(manager, name, arguments);
  }

  private static long number(String name, NDArray... arguments) {
    return Oracle.number(name, arguments);
  }

  private static void same(NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertThat(Tensors.maxAbsDifference(actual, expected)).isLessThan(TOLERANCE);
  }
}
