package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention lane by lane, against torch's kernels in blocks, which have a twin of their own. */
class LanesAttentionTest {
  private static final double SCALE = 0.3;

  private final Random random = new Random(11);
  private final NDManager manager = Engine.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  /** Documents of fewer positions than a block, of whole blocks, and behind a prefix. */
  @ParameterizedTest
  @CsvSource({
    // key heads, queries of each, features, keys and values before each document, type, tolerance
    "2, 1, 8, 0, FLOAT32, 5e-6",
    "1, 3, 16, 0, FLOAT32, 5e-6",
    "3, 2, 24, 5, FLOAT32, 5e-6",
    "1, 1, 64, 16, FLOAT32, 5e-6",
    "2, 2, 40, 3, BFLOAT16, 2e-2",
  })
  void equalsAttentionInBlocks(
      long keyHeads, long groups, long features, long past, Dtype dtype, double tolerance) {
    long[] lengths = {16, 1, 37, 48, 5};
    long tokens = Arrays.stream(lengths).sum();
    long keys = tokens + past * lengths.length;
    Heads heads =
        new Heads(
            random(dtype, keyHeads, tokens, groups, features),
            random(dtype, keyHeads, keys, features),
            random(dtype, keyHeads, keys, features));
    NDArray gy = random(dtype, tokens, keyHeads * groups * features);
    long[] pasts = new long[lengths.length];
    Arrays.fill(pasts, past);
    Form form = new Form(Attention.BLOCKS, SCALE, 64, 0, 0, List.of());
    Mixed expected = AttentionKernels.attention(manager, heads, lengths, pasts, form);
    Heads gExpected =
        AttentionKernels.attentionVjp(manager, gy, expected, heads, lengths, past, form);
    Stream.concat(Stream.of(new PlainLanes()), LanesAttention.lanes().stream())
        .forEach(
            lanes -> {
              LanesAttention attention = new LanesAttention(lanes);
              Mixed actual = attention.forward(manager, heads, lengths, pasts, SCALE);
              Heads g = attention.vjp(manager, gy, actual, heads, lengths, pasts, SCALE);
              close(actual.y(), expected.y(), tolerance);
              close(g.q(), gExpected.q(), tolerance);
              close(g.k(), gExpected.k(), tolerance);
              close(g.v(), gExpected.v(), tolerance);
            });
  }

  private NDArray random(Dtype dtype, long... shape) {
    float[] values = new float[Math.toIntExact(new Shape(shape).size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.cast(manager, Tensors.fromFloats(manager, values, shape), dtype);
  }

  /**
   * @param tolerance of the largest number
   */
  private void close(NDArray actual, NDArray expected, double tolerance) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertThat(Tensors.dtype(actual)).isEqualTo(Tensors.dtype(expected));
    NDArray zeros = Tensors.zeros(manager, Tensors.dtype(expected), expected.getShape().getShape());
    double largest = Tensors.maxAbsDifference(expected, zeros);
    assertThat(Tensors.maxAbsDifference(actual, expected)).isLessThan(tolerance * largest);
  }

  /** Heads whose features are not whole groups, windows and caps are left to the other kernels. */
  @ParameterizedTest
  @CsvSource({"6, 0, 0", "8, 4, 0", "8, 0, 0.5"})
  void leavesTheRestToBlocks(long features, long window, double cap) {
    long[] lengths = {7, 3};
    long[] pasts = new long[2];
    Heads heads =
        new Heads(
            random(Dtype.FLOAT32, 2, 10, 1, features),
            random(Dtype.FLOAT32, 2, 10, features),
            random(Dtype.FLOAT32, 2, 10, features));
    NDArray byLanes = attention(Attention.LANES, heads, lengths, pasts, window, cap);
    NDArray inBlocks = attention(Attention.BLOCKS, heads, lengths, pasts, window, cap);
    assertThat(byLanes.toFloatArray()).isEqualTo(inBlocks.toFloatArray());
  }

  private NDArray attention(
      Attention method, Heads heads, long[] lengths, long[] pasts, long window, double cap) {
    Form form = new Form(method, SCALE, 64, window, cap, List.of());
    return AttentionKernels.attention(manager, heads, lengths, pasts, form).y();
  }
}
