package io.sparkpeft.eval;

import io.sparkpeft.model.Continuation;
import io.sparkpeft.model.LogLikelihood;
import java.util.List;

/** A model that tells how likely continuations are. */
@FunctionalInterface
public interface Scorer {

  /** One answer per continuation, in order. */
  List<LogLikelihood> score(List<Continuation> continuations);
}
