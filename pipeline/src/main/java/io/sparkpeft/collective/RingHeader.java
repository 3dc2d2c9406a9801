package io.sparkpeft.collective;

/**
 * Stands before every segment on the wire, so that ranks that are out of step find out at once.
 *
 * @param sum which all-reduce this is, from 1
 * @param length elements of the whole vector
 * @param round which exchange of the all-reduce, from 0
 */
record RingHeader(long sum, int length, int round) {

  /** The header as the first two elements of a segment. */
  long[] elements() {
    return new long[] {sum, (long) length << Integer.SIZE | round};
  }

  static RingHeader of(long[] elements) {
    return new RingHeader(elements[0], (int) (elements[1] >>> Integer.SIZE), (int) elements[1]);
  }

  @Override
  public String toString() {
    return "round " + round + " of all-reduce " + sum + " over " + length + " values";
  }
}
