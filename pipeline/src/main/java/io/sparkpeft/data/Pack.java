package io.sparkpeft.data;

import java.util.stream.IntStream;

/** A micro-batch that is being filled. */
final class Pack {
  private final IntStream.Builder places = IntStream.builder();
  private long tokens;

  boolean fits(int length, int most) {
    return tokens + length <= most;
  }

  void add(int place, int length) {
    places.add(place);
    tokens += length;
  }

  int[] places() {
    return places.build().toArray();
  }
}
