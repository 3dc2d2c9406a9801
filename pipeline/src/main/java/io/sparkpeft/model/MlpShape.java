package io.sparkpeft.model;

import static io.sparkpeft.model.Projection.GATE;
import static io.sparkpeft.model.Projection.GATE_UP;
import static io.sparkpeft.model.Projection.UP;

import java.util.List;

/** What the feed-forward part makes between its first and its last linear layer. */
public enum MlpShape {
  /** act(gate(x)) up(x). (Shazeer 2020, arXiv:2002.05202.) */
  GATED,

  /** The same with one layer for both: first the gates, then what they let through. */
  FUSED_GATED,

  /** act(up(x)). */
  PLAIN;

  List<Projection> projections() {
    return switch (this) {
      case GATED -> List.of(GATE, UP);
      case FUSED_GATED -> List.of(GATE_UP);
      case PLAIN -> List.of(UP);
    };
  }
}
