package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which rows of activations are computed with which adapter: neighbouring rows share one, or are
 * computed without.
 *
 * @param shares one after another
 */
record AdapterRows(List<Share> shares) {

  /**
   * @param from its first row
   * @param to the row behind its last
   */
  record Share(Optional<Adapter> adapter, long from, long to) {}

  /** Every row with the same. */
  static AdapterRows all(Optional<Adapter> adapter, Documents documents) {
    return new AdapterRows(List.of(new Share(adapter, 0, documents.tokens())));
  }

  /**
   * @param adapters of the documents, those of one adapter beside each other
   */
  static AdapterRows of(List<Optional<Adapter>> adapters, Documents documents) {
    List<Share> shares = new ArrayList<>();
    long row = 0;
    for (int i = 0; i < adapters.size(); i++) {
      long end = row + documents.lengths()[i];
      int last = shares.size() - 1;
      if (last >= 0 && shares.get(last).adapter().equals(adapters.get(i))) {
        shares.set(last, new Share(adapters.get(i), shares.get(last).from(), end));
      } else {
        shares.add(new Share(adapters.get(i), row, end));
      }
      row = end;
    }
    return new AdapterRows(List.copyOf(shares));
  }

  boolean isMixed() {
    return shares.size() > 1;
  }

  /** The one that computes all rows. */
  Optional<Adapter> only() {
    return isMixed() ? Optional.empty() : shares.get(0).adapter();
  }

  /** Those of the values of all rows that are theirs. */
  int[] own(int[] values) {
    return Arrays.copyOfRange(
        values, Math.toIntExact(shares.get(0).from()), Math.toIntExact(end()));
  }

  /** The row behind its last. */
  long end() {
    return shares.get(shares.size() - 1).to();
  }

  /**
   * The same of some rows alone.
   *
   * @param chosen in ascending order
   */
  AdapterRows of(long[] chosen) {
    List<Share> kept = new ArrayList<>();
    for (Share share : shares) {
      long from = count(chosen, share.from());
      long to = count(chosen, share.to());
      if (from < to) {
        kept.add(new Share(share.adapter(), from, to));
      }
    }
    return new AdapterRows(List.copyOf(kept));
  }

  private static long count(long[] rows, long below) {
    return Arrays.stream(rows).filter(row -> row < below).count();
  }
}
