package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Test;

class LanesTest extends VectorsTest<Lanes> {
  private static final int GROUPS = 24;

  LanesTest() {
    super(5, new PlainLanes(), ProcessorLanes.ofThisMachine().map(ProcessorLanes::lanes));
  }

  @Test
  void sums() {
    float[] weights = random(GROUPS * Lanes.COUNT * 2);
    float[] x = random(GROUPS * Lanes.COUNT);
    float[] to = random(GROUPS * Lanes.COUNT);
    same(to, (lanes, sums) -> lanes.weigh(weights, 3, 11, x, 11, sums, 5));
    same(to, (lanes, sums) -> lanes.weigh(weights, 2, Lanes.COUNT, x, GROUPS, sums, 16));
    same(to, (lanes, sums) -> lanes.spread(weights, 32, x, 3, 18, sums, 7, 20));
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
    float[] rows = random(Lanes.COUNT * 21);
    float[] factors = random(Lanes.COUNT);
    int[] begins = new int[Lanes.COUNT];
    for (int i = 0; i < begins.length; i++) {
      begins[i] = i * 20;
    }
    same(rows, (lanes, columns) -> lanes.transpose(rows.clone(), 2, begins, 18, 0.7f, columns, 5));
    same(rows, (lanes, back) -> lanes.transposeBack(rows.clone(), 18, factors, back, 1, begins));
  }

  @Test
  void rotation() {
    float[] x = random(64);
    float[] cos = random(64);
    float[] sin = random(64);
    same(random(64), (lanes, to) -> lanes.turn(x, 3, 9, cos, sin, 5, 6, -1, to, 2));
    same(random(64), (lanes, to) -> lanes.turn(x, 9, 3, cos, sin, 0, 32, 1, to, 7));
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
    float[] factors = random(Lanes.COUNT);
    float[] expected = x.clone();
    float[] total = new float[Lanes.COUNT];
    new PlainLanes().raise(expected, GROUPS, top, factors, total);
    float[] actual = x.clone();
    float[] actualTotal = new float[Lanes.COUNT];
    vectors().raise(actual, GROUPS, top, factors, actualTotal);
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
    new PlainLanes().narrow(x, 0, 64, expected);
    vectors().narrow(x, 0, 64, actual);
    assertThat(actual).isEqualTo(expected).contains((short) 0x3f80, (short) 0x3f82);
    same(new float[64], (lanes, wide) -> lanes.widen(expected, 64, wide, 0));
  }
}
