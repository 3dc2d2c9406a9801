package io.sparkpeft.eval;

/**
 * A request as the model sees it.
 *
 * @param tokens context and continuation, cut from the left to the model's length plus the last
 *     token, which is only a target
 * @param from where the continuation begins in {@code tokens}; at least 1
 * @param contextTokens how many tokens the whole context has
 * @param cutTokens how many of them were cut away
 */
public record TokenizedRequest(int[] tokens, int from, int contextTokens, int cutTokens) {

  public int continuationTokens() {
    return tokens.length - from;
  }
}
