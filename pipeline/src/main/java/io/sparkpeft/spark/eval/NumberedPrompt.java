package io.sparkpeft.spark.eval;

import io.sparkpeft.base.Sha256;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A question with the number that, with the seed, decides the chances of its answer.
 *
 * @param number of the prompt among all, or made of its text
 */
record NumberedPrompt(long number, Question question) implements Serializable {
  private static final int DIGITS = 16;

  /** Numbered by their places: two equal prompts may have two answers. */
  static List<NumberedPrompt> inOrder(List<Question> questions) {
    List<NumberedPrompt> prompts = new ArrayList<>(questions.size());
    for (Question question : questions) {
      prompts.add(new NumberedPrompt(prompts.size(), question));
    }
    return prompts;
  }

  /** Numbered by its text: rows of a table have no places. */
  static NumberedPrompt ofText(Question question) {
    if (question.prompt() == null) {
      throw SparkEvalErrors.noPrompt();
    }
    String digits = Sha256.of(question.prompt()).substring(0, DIGITS);
    return new NumberedPrompt(HexFormat.fromHexDigitsToLong(digits), question);
  }

  String text() {
    return question.prompt();
  }
}
