package io.sparkpeft.eval;

/** What scoring asks of a tokenizer. */
@FunctionalInterface
public interface TextEncoder {

  /**
   * @param addSpecialTokens whether to add those that the tokenizer adds by default (BOS of LLaMA)
   * @return token ids
   */
  int[] encode(String text, boolean addSpecialTokens);
}
