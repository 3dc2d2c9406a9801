package io.sparkpeft.model;

/**
 * A text whose end is to be scored.
 *
 * @param tokens context and continuation
 * @param from where the continuation begins; at least 1, since the first token follows nothing
 */
public record Continuation(int[] tokens, int from) {
  public Continuation {
    if (from < 1 || from > tokens.length) {
      throw new IllegalArgumentException(
          "continuation from %d in %d tokens".formatted(from, tokens.length));
    }
  }
}
