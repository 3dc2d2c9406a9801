package io.sparkpeft.data;

import java.util.Comparator;
import java.util.stream.IntStream;

/** A micro-batch that is being filled. */
final class Pack {
  /** Among those with as many, the one that was opened first. */
  static final Comparator<Pack> FEWEST_TOKENS_FIRST =
      Comparator.comparingLong(Pack::tokens).thenComparing(pack -> pack.index);

  private final int index;
  private final IntStream.Builder places = IntStream.builder();
  private int size;
  private long tokens;

  /**
   * @param index how many were opened before
   */
  Pack(int index) {
    this.index = index;
  }

  boolean fits(int length, int most) {
    return tokens + length <= most;
  }

  void add(int place, int length) {
    places.add(place);
    size++;
    tokens += length;
  }

  int size() {
    return size;
  }

  long tokens() {
    return tokens;
  }

  int[] places() {
    return places.build().toArray();
  }
}
