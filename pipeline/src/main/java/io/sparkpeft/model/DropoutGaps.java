package io.sparkpeft.model;

/**
 * How far it is from one dropped element to the next when every element is dropped with the same
 * probability p: the geometric distribution, P(gap) = (1 - p)^gap p, by inversion of 16 uniform
 * bits. Drawing gaps instead of elements costs as much as is dropped, which is little.
 *
 * @param ofBits the gap for every value of the bits, ascending
 */
record DropoutGaps(int[] ofBits) {
  static final int BITS = 16;
  private static final int VALUES = 1 << BITS;

  /**
   * @param probability of dropping an element, in [0, 1]
   */
  static DropoutGaps of(double probability) {
    int[] ofBits = new int[VALUES];
    for (int bits = 0; bits < VALUES; bits++) {
      double passed = Math.log((bits + 0.5) / VALUES) / Math.log1p(-probability);
      ofBits[VALUES - 1 - bits] = (int) Math.min(passed, Integer.MAX_VALUE / 2.0);
    }
    return new DropoutGaps(ofBits);
  }

  /** For the lowest bits. */
  int of(long bits) {
    return ofBits[(int) (bits & (VALUES - 1))];
  }
}
