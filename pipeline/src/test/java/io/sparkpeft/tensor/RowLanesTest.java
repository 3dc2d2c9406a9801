package io.sparkpeft.tensor;

import org.junit.jupiter.api.Test;

class RowLanesTest extends VectorsTest<RowLanes> {
  private static final int COUNT = 80;

  RowLanesTest() {
    super(6, new PlainRowLanes(), ProcessorLanes.ofThisMachine().map(ProcessorLanes::rows));
  }

  @Test
  void rows() {
    float[] x = random(COUNT + 7);
    float[] y = random(COUNT + 7);
    same(new float[Lanes.COUNT], (lanes, sums) -> lanes.dot(x, 3, y, 7, COUNT, sums));
    same(x, (lanes, row) -> lanes.scale(row, 5, COUNT, 0.3f));
    same(x, (lanes, row) -> lanes.multiply(row, 2, COUNT, y));
    same(x, (lanes, row) -> lanes.add(row, 4, COUNT, y, 6));
    same(x, (lanes, row) -> lanes.combine(row, 1, COUNT, 0.7f, y, 2, -1.3f));
    same(x, (lanes, row) -> lanes.round(row, 3, COUNT));
  }
}
