package io.sparkpeft.text;

/**
 * A tokenized text. Arrays are as long as there are tokens.
 *
 * @param ids token ids
 * @param starts where each token begins in the text, in Java chars (UTF-16 units); -1 for tokens
 *     that the tokenizer added
 * @param ends where each token ends, exclusive, likewise
 */
public record Encoding(int[] ids, int[] starts, int[] ends) {
  /** Marks a token that does not stand in the text. */
  public static final int ADDED = -1;

  public Encoding {
    if (ids.length != starts.length || ids.length != ends.length) {
      throw new IllegalArgumentException(
          "%d ids, %d starts, %d ends".formatted(ids.length, starts.length, ends.length));
    }
  }
}
