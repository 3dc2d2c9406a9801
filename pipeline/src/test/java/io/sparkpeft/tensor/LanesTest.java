package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** This machine's vectors give the bits of their twin. */
class LanesTest {
  private static final int GROUPS = 24;

  private final Random random = new Random(5);

  @BeforeEach
  void needsVectors() {
    assumeTrue(LanesAttention.isAvailable(), "no module jdk.incubator.vector, or no AVX-512");
  }

  private float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** What both make of the same array, which the work may write into. */
  private static void same(float[] begin, BiConsumer<Lanes, float[]> work) {
    float[] expected = begin.clone();
    float[] actual = begin.clone();
    work.accept(new PlainLanes(), expected);
    work.accept(LanesAttention.lanes().orElseThrow(), actual);
    assertThat(actual).isEqualTo(expected).isNotEqualTo(begin);
  }

  @Test
  void sums() {
    float[] weights = random(GROUPS * Lanes.COUNT * 2);
    float[] x = random(GROUPS * Lanes.COUNT);
    float[] to = random(GROUPS * Lanes.COUNT);
    same(to, (lanes, sums) -> lanes.weigh(weights, 3, 1, GROUPS, x, 11, sums, 5));
    same(to, (lanes, sums) -> lanes.weigh(weights, 2, Lanes.GROUPS, 1, x, GROUPS, sums, 16));
    same(to, (lanes, sums) -> lanes.spread(weights, 32, x, 3, sums, 7, 20));
    same(to, (lanes, sums) -> lanes.dot(x, weights, GROUPS, sums));
  }

  @Test
  void elements() {
    float[] x = random(GROUPS * Lanes.COUNT);
    float[] y = random(GROUPS * Lanes.COUNT);
    same(x, (lanes, sums) -> lanes.add(sums, Lanes.COUNT, y, 20));
    same(new float[Lanes.COUNT], (lanes, highest) -> lanes.highest(x, GROUPS, highest));
    same(x, (lanes, products) -> lanes.multiplyDifference(y, products, GROUPS, y));
  }

  @Test
  void transposition() {
    float[] rows = random(Lanes.COUNT * 20);
    float[] factors = random(Lanes.COUNT);
    int[] begins = new int[Lanes.COUNT];
    for (int i = 0; i < begins.length; i++) {
      begins[i] = i * 20;
    }
    same(rows, (lanes, columns) -> lanes.transpose(rows, begins, 18, 0.7f, columns));
    same(rows, (lanes, back) -> lanes.transposeBack(rows.clone(), 18, factors, back, begins));
  }

  @Test
  void powersOfTwo() {
    float[] x = random(GROUPS * Lanes.COUNT);
    for (int i = 0; i < x.length; i++) {
      x[i] *= 1 << (i % 8);
    }
    x[3] = Float.NEGATIVE_INFINITY;
    float[] top = new float[Lanes.COUNT];
    new PlainLanes().highest(x, GROUPS, top);
    float[] expected = x.clone();
    float[] total = new float[Lanes.COUNT];
    new PlainLanes().raise(expected, GROUPS, top, total);
    float[] actual = x.clone();
    float[] actualTotal = new float[Lanes.COUNT];
    LanesAttention.lanes().orElseThrow().raise(actual, GROUPS, top, actualTotal);
    assertThat(actual[3]).isZero();
    for (int i = 0; i < x.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], withinPercentage(3e-5));
    }
    for (int lane = 0; lane < Lanes.COUNT; lane++) {
      assertThat(actualTotal[lane]).isCloseTo(total[lane], withinPercentage(5e-5));
    }
  }

  /** Halves between two numbers too, of which the even one is taken. */
  @Test
  void bfloat16() {
    float[] x = random(64);
    x[1] = Float.intBitsToFloat(0x3f808000);
    x[2] = Float.intBitsToFloat(0x3f818000);
    short[] expected = new short[64];
    short[] actual = new short[64];
    Lanes vectors = LanesAttention.lanes().orElseThrow();
    new PlainLanes().narrow(x, 0, 64, expected);
    vectors.narrow(x, 0, 64, actual);
    assertThat(actual).isEqualTo(expected).contains((short) 0x3f80, (short) 0x3f82);
    same(new float[64], (lanes, wide) -> lanes.widen(expected, 64, wide, 0));
  }
}
