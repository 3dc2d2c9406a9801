package io.sparkpeft.model;

import static io.sparkpeft.model.NormPlace.ATTENTION;
import static io.sparkpeft.model.NormPlace.ATTENTION_RESULT;
import static io.sparkpeft.model.NormPlace.MLP;
import static io.sparkpeft.model.NormPlace.MLP_RESULT;

import java.util.List;

/** How attention A, the MLP F and norms n are joined to the residual stream x. */
public enum Residual {
  /** h = x + A(n(x)), y = h + F(n(h)). */
  NORM_FIRST,

  /** h = x + n(A(n(x))), y = h + n(F(n(h))). */
  NORM_AROUND,

  /** h = n(x + A(x)), y = n(h + F(h)); no norm before the head. */
  NORM_LAST,

  /** y = x + A(n(x)) + F(n(x)) with one norm for both. */
  PARALLEL,

  /** The same with a norm for each. */
  PARALLEL_TWO_NORMS;

  /** Whether the MLP reads what attention has added. */
  boolean isSequential() {
    return this != PARALLEL && this != PARALLEL_TWO_NORMS;
  }

  /** Whether a norm reads what comes of the MLP. */
  boolean normsMlpResult() {
    return this == NORM_AROUND || this == NORM_LAST;
  }

  /** The norms of a layer, without those within attention. */
  List<NormPlace> norms() {
    return switch (this) {
      case NORM_AROUND -> List.of(ATTENTION, ATTENTION_RESULT, MLP, MLP_RESULT);
      case NORM_FIRST, NORM_LAST, PARALLEL_TWO_NORMS -> List.of(ATTENTION, MLP);
      case PARALLEL -> List.of(ATTENTION);
    };
  }
}
