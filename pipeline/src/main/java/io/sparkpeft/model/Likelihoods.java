package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.List;
import java.util.Optional;

/** Log-likelihoods of continuations. */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"})
public final class Likelihoods {
  private Likelihoods() {}

  /**
   * Scores each continuation, in the given order. Batches are made inside, by length; the result
   * does not depend on them but for rounding.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if a text is longer than the model's context
   */
  public static List<LogLikelihood> score(
      Decoder decoder, Optional<Adapter> adapter, List<Continuation> continuations) {
    throw new UnsupportedOperationException("follows");
  }
}
