package io.sparkpeft.model;

import java.util.Arrays;

/**
 * The rows that are wanted of a layer's result. Behind the last layer's attention nothing else is
 * computed.
 *
 * @param rows ascending
 */
record WantedRows(long[] rows) {

  /**
   * @param read in any order, some of them repeatedly
   */
  static WantedRows of(long[] read) {
    return new WantedRows(Arrays.stream(read).distinct().sorted().toArray());
  }

  /**
   * The same with others that bring them to the filler's multiple, and at least one.
   *
   * @param all how many rows there are
   */
  static WantedRows of(long[] read, int all, Filler filler) {
    return new WantedRows(filler.fill(of(read).rows, all));
  }

  /** Where rows lie among these, to which they belong. */
  long[] places(long[] read) {
    return Arrays.stream(read).map(row -> Arrays.binarySearch(rows, row)).toArray();
  }
}
