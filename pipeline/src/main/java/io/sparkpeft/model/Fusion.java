package io.sparkpeft.model;

import static io.sparkpeft.model.Projection.KEY;
import static io.sparkpeft.model.Projection.QUERY;
import static io.sparkpeft.model.Projection.QUERY_KEY_VALUE;
import static io.sparkpeft.model.Projection.VALUE;

import java.util.List;

/** Which linear layers make queries, keys and values, and how their results lie. */
public enum Fusion {
  /** One layer each. */
  SEPARATE,

  /** One layer: all queries, then all keys, then all values. */
  STACKED,

  /** One layer: for each key head its queries, its key and its value. */
  GROUPED;

  List<Projection> projections() {
    return switch (this) {
      case SEPARATE -> List.of(QUERY, KEY, VALUE);
      case STACKED, GROUPED -> List.of(QUERY_KEY_VALUE);
    };
  }
}
