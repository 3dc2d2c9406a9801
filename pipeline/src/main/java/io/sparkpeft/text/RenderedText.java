package io.sparkpeft.text;

import java.util.List;

/**
 * A whole training text and where in it the answers stand.
 *
 * @param text prompt and answers
 * @param answers in order and disjoint; each ends with what ends the turn
 * @param complete whether the text ends itself by the end-of-sequence token's text; otherwise that
 *     token is still to follow
 */
record RenderedText(String text, List<Span> answers, boolean complete) {

  /** Java chars from {@code start} to before {@code end}. */
  record Span(int start, int end) {}
}
