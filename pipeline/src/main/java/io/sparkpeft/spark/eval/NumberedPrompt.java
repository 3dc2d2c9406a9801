package io.sparkpeft.spark.eval;

import io.sparkpeft.base.Sha256;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A prompt with the number that, with the seed, decides the chances of its answer.
 *
 * @param number of the prompt among all, or made of its text
 */
record NumberedPrompt(long number, String text) implements Serializable {
  private static final int DIGITS = 16;

  /** Numbered by their places: two equal prompts may have two answers. */
  static List<NumberedPrompt> inOrder(List<String> texts) {
    List<NumberedPrompt> prompts = new ArrayList<>(texts.size());
    for (String text : texts) {
      prompts.add(new NumberedPrompt(prompts.size(), text));
    }
    return prompts;
  }

  /** Numbered by its text: rows of a table have no places. */
  static NumberedPrompt ofText(String text) {
    return new NumberedPrompt(
        HexFormat.fromHexDigitsToLong(Sha256.of(text).substring(0, DIGITS)), text);
  }
}
