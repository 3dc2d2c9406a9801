package io.sparkpeft.tensor;

import org.junit.jupiter.api.Test;

class RankLanesTest extends VectorsTest<RankLanes> {
  private static final int STRIDE = 48;
  private static final int FEATURES = 41;
  private static final int WIDTH = 32;
  private static final int ROWS = 11;

  RankLanesTest() {
    super(9, new PlainRankLanes(), ProcessorLanes.ofThisMachine().map(ProcessorLanes::ranks));
  }

  @Test
  void ranks() {
    float[] x = random(ROWS * STRIDE);
    float[] narrow = random(Lanes.COUNT * STRIDE + 5);
    float[] u = random(ROWS * WIDTH);
    float[] sums = new float[RankLanes.DOTS * RankLanes.DOTS * Lanes.COUNT];
    same(u, (lanes, to) -> lanes.inner(x, 7, STRIDE, FEATURES, narrow, 5, to, 16, WIDTH));
    same(u, (l, to) -> l.dots(x, 7, 45, 32, narrow, 5, STRIDE, sums, to, 16, WIDTH));
    same(x, (lanes, to) -> lanes.expand(u, 3, WIDTH, narrow, 5, STRIDE, to, STRIDE));
    same(
        random(RankLanes.RANKS * STRIDE),
        (lanes, to) -> lanes.outer(u, 8, WIDTH, ROWS, x, 16, STRIDE, to, 16, STRIDE));
  }
}
