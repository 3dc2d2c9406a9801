package io.sparkpeft.text;

import java.io.Serializable;

/**
 * How an example becomes text: one renderer for training and for generation, so that a model is
 * asked as it was taught.
 */
public sealed interface PromptTemplate extends Serializable permits PlainTemplate, ChatTemplate {

  /** What {@code data.template} says: a known name, {@code auto}, {@code none} or a file. */
  String name();

  /**
   * The text up to where the model's answer begins; in a conversation that ends with an answer,
   * without that answer.
   */
  String prompt(Example example);

  /** The whole text, the answers within it marked. */
  RenderedText render(Example example);

  /**
   * An answered instruction.
   *
   * @param before the text up to the answer
   * @param answer as it follows there, without what ends its turn
   */
  record Answered(String before, String answer) {}

  /** An instruction with its answer, as in training. */
  default Answered answered(String instruction, String output) {
    RenderedText whole = render(new Example.Instruction(instruction, "", output));
    int start = whole.answers().get(0).start();
    String content = output.strip();
    int end = whole.text().indexOf(content, start) + content.length();
    return new Answered(whole.text().substring(0, start), whole.text().substring(start, end));
  }

  /** Whether a conversation of several questions and answers can be rendered. */
  boolean hasTurns();

  /** A hash of all that decides what is rendered. */
  String sha256();

  /**
   * The template of a recipe.
   *
   * @param choice {@code auto} (the tokenizer's own chat template, or Alpaca's where it has none),
   *     {@code none} (the instruction, a line break and the input where there is one, then the
   *     answer, all as they are), one of {@link PromptTemplates#NAMES}, or the path of a Jinja file
   * @throws io.sparkpeft.base.SparkPeftException (78) if there is no such template, (66) if the
   *     file cannot be read, (65) if it is not Jinja
   */
  static PromptTemplate of(String choice, TokenizerFiles tokenizer) {
    return PromptTemplates.of(choice, tokenizer);
  }
}
