package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import io.sparkpeft.tensor.AttentionKernels.Projections;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention lane by lane, against torch's kernels in blocks, which have a twin of their own. */
class LanesAttentionTest extends TwinTest {
  private static final double SCALE = 0.3;

  LanesAttentionTest() {
    super(11);
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
    forEachLanes(
        attention -> {
          Mixed actual = attention.forward(manager, heads, lengths, pasts, SCALE);
          Heads g = attention.vjp(manager, gy, actual, heads, lengths, pasts, SCALE);
          near(actual.y(), expected.y(), tolerance);
          near(g.q(), gExpected.q(), tolerance);
          near(g.k(), gExpected.k(), tolerance);
          near(g.v(), gExpected.v(), tolerance);
        });
  }

  /** Projections, rotated as they are read, against heads that are made of them first. */
  @ParameterizedTest
  @CsvSource({
    // key heads, queries of each, features, those that turn, type, tolerance
    "3, 2, 8, 8, FLOAT32, 5e-6",
    "9, 1, 16, 4, FLOAT32, 5e-6",
    "2, 3, 24, 24, FLOAT32, 5e-6",
    "5, 1, 40, 0, FLOAT32, 5e-6",
    "2, 2, 64, 64, FLOAT32, 5e-6",
    "1, 1, 128, 32, FLOAT32, 5e-6",
    "12, 1, 8, 6, BFLOAT16, 2e-2",
    "2, 2, 64, 64, BFLOAT16, 2e-2",
  })
  void readsProjections(
      long keyHeads, long groups, long features, long turning, Dtype dtype, double tolerance) {
    long[] lengths = {16, 1, 37, 48, 5};
    long[] pasts = new long[lengths.length];
    long tokens = Arrays.stream(lengths).sum();
    Projections projections =
        new Projections(
            random(dtype, tokens, keyHeads * groups * features),
            random(dtype, tokens, keyHeads * features),
            random(dtype, tokens, keyHeads * features),
            Tensors.cast(manager, random(Dtype.FLOAT32, tokens, 1, turning).cos(), dtype),
            Tensors.cast(manager, random(Dtype.FLOAT32, tokens, 1, turning).sin(), dtype),
            features);
    NDArray gy = random(dtype, tokens, keyHeads * groups * features);
    Form form = new Form(Attention.BLOCKS, SCALE, 64, 0, 0, List.of());
    Heads heads = AttentionKernels.heads(manager, projections);
    Mixed expected = AttentionKernels.attention(manager, heads, lengths, pasts, form);
    Heads gHeads = AttentionKernels.attentionVjp(manager, gy, expected, heads, lengths, 0, form);
    List<NDArray> gExpected =
        AttentionKernels.headsVjp(manager, gHeads, projections.cos(), projections.sin());
    forEachLanes(
        attention -> {
          Mixed actual = attention.forward(manager, projections, lengths, SCALE);
          List<NDArray> g = attention.vjp(manager, gy, actual, projections, lengths, SCALE);
          near(actual.y(), expected.y(), tolerance);
          for (int i = 0; i < g.size(); i++) {
            near(g.get(i), gExpected.get(i), tolerance);
          }
        });
  }

  /** As where only the answers of texts are read: whole blocks have a gradient of zeros. */
  @Test
  void whatNothingReadsHasNoGradientAndGivesNone() {
    long[] lengths = {40, 16};
    long[] pasts = new long[2];
    Heads heads =
        new Heads(
            random(Dtype.FLOAT32, 2, 56, 1, 16),
            random(Dtype.FLOAT32, 2, 56, 16),
            random(Dtype.FLOAT32, 2, 56, 16));
    NDArray read = Tensors.fromLongs(manager, LongStream.range(32, 40).toArray(), 8);
    NDArray gRead = random(Dtype.FLOAT32, 8, 32);
    NDArray gy = EmbeddingKernels.selectRowsVjp(manager, List.of(gRead), read, 56);
    Form form = new Form(Attention.BLOCKS, SCALE, 64, 0, 0, List.of());
    Mixed mixed = AttentionKernels.attention(manager, heads, lengths, pasts, form);
    Heads gExpected = AttentionKernels.attentionVjp(manager, gy, mixed, heads, lengths, 0, form);
    forEachLanes(
        attention -> {
          Mixed actual = attention.forward(manager, heads, lengths, pasts, SCALE);
          Heads g = attention.vjp(manager, gy, actual, heads, lengths, pasts, SCALE);
          near(g.q(), gExpected.q(), 5e-6);
          near(g.k(), gExpected.k(), 5e-6);
          near(g.v(), gExpected.v(), 5e-6);
          assertThat(g.q().get(new NDIndex(":, 0:32")).toFloatArray()).containsOnly(0);
          assertThat(g.v().get(new NDIndex(":, 40:56")).toFloatArray()).containsOnly(0);
        });
  }

  private static void forEachLanes(Consumer<LanesAttention> work) {
    Stream.concat(
            Stream.of(new PlainLanes()),
            ProcessorLanes.ofThisMachine().map(ProcessorLanes::lanes).stream())
        .map(LanesAttention::new)
        .forEach(work);
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
