package io.sparkpeft.model;

/**
 * How far it is from one dropped element to the next when every element is dropped with the same
 * probability p: the geometric distribution, P(gap) = (1 - p)^gap p, by inversion of 16 uniform
 * bits. Drawing gaps instead of elements costs as much as is dropped, which is little.
 *
 * @param probability of dropping an element, in [0, 1]
 * @param ofBits the gap for every value of the bits, ascending. Gaps beyond 65,535 are kept as
 *     that, which ends a row as well, unless the row is wider than that; so the table fits a
 *     processor's own cache
 */
record DropoutGaps(double probability, char[] ofBits) {
  static final int BITS = 16;
  private static final int VALUES = 1 << BITS;

  /**
   * @param probability of dropping an element, in [0, 1]
   */
  static DropoutGaps of(double probability) {
    char[] ofBits = new char[VALUES];
    for (int bits = 0; bits < VALUES; bits++) {
      double passed = Math.log((bits + 0.5) / VALUES) / Math.log1p(-probability);
      ofBits[VALUES - 1 - bits] = (char) Math.min(passed, Character.MAX_VALUE);
    }
    return new DropoutGaps(probability, ofBits);
  }

  /** More than are dropped of so many elements, but for one time in millions. */
  int likelyMost(int elements) {
    double mean = elements * probability;
    double spread = Math.sqrt(mean * (1 - probability));
    return (int) (mean + 6 * spread) + Long.SIZE;
  }

  /** For the lowest bits. */
  int of(long bits) {
    return ofBits[(int) (bits & (VALUES - 1))];
  }
}
