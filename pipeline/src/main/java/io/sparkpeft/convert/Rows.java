package io.sparkpeft.convert;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows of a stored tensor that follow each other; of a linear layer's weight, these are outputs.
 *
 * @param source whose rows they are: a tensor, or a module
 */
record Rows(String source, long first, long count) {

  private boolean isFollowedBy(Rows next) {
    return source.equals(next.source) && first + count == next.first;
  }

  /** The same rows in fewer pieces. */
  static List<Rows> joined(List<Rows> pieces) {
    List<Rows> joined = new ArrayList<>();
    for (Rows piece : pieces) {
      Rows last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (last != null && last.isFollowedBy(piece)) {
        joined.set(joined.size() - 1, new Rows(last.source, last.first, last.count + piece.count));
      } else {
        joined.add(piece);
      }
    }
    return List.copyOf(joined);
  }
}
