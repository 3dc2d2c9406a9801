package io.sparkpeft.text;

import io.sparkpeft.base.Sha256;
import java.util.List;
import java.util.Objects;

/**
 * A fixed frame round one instruction. In a conversation the user's first turn is the instruction;
 * more turns than one of each need a chat template.
 *
 * @param withoutInput the prompt of an instruction alone; {@code {instruction}} stands for it
 * @param withInput the prompt where there is an input too; {@code {input}} stands for it
 * @param beforeAnswer belongs to the answer: the blank that a tokenizer makes one token with the
 *     word after it
 */
record PlainTemplate(String name, String withoutInput, String withInput, String beforeAnswer)
    implements PromptTemplate {
  private static final String INSTRUCTION = "{instruction}";
  private static final String INPUT = "{input}";

  static final PlainTemplate NONE =
      new PlainTemplate("none", INSTRUCTION, INSTRUCTION + "\n" + INPUT, "");

  /** Taori et al. 2023, with the line break after "Response:" that alpaca-lora brought. */
  static final PlainTemplate ALPACA =
      new PlainTemplate(
          "alpaca",
          "Below is an instruction that describes a task. Write a response that appropriately"
              + " completes the request.\n\n### Instruction:\n{instruction}\n\n### Response:\n",
          "Below is an instruction that describes a task, paired with an input that provides"
              + " further context. Write a response that appropriately completes the request.\n\n"
              + "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n",
          "");

  /** The frame of GPT-3's arithmetic questions (Brown et al. 2020), as lm-eval asks them. */
  static final PlainTemplate QUESTION_ANSWER =
      new PlainTemplate("qa", "Q: {instruction}\n\nA:", "Q: {instruction}\n{input}\n\nA:", " ");

  PlainTemplate {
    Objects.requireNonNull(beforeAnswer);
  }

  @Override
  public String prompt(Example example) {
    Example.Instruction parts = instruction(example);
    return parts.input().isEmpty() ? fill(withoutInput, parts) : fill(withInput, parts);
  }

  @Override
  public RenderedText render(Example example) {
    String prompt = prompt(example);
    String text = prompt + beforeAnswer + instruction(example).output();
    return new RenderedText(
        text, List.of(new RenderedText.Span(prompt.length(), text.length())), false);
  }

  @Override
  public boolean hasTurns() {
    return false;
  }

  @Override
  public String sha256() {
    return Sha256.of(String.join("\u0000", "plain", withoutInput, withInput, beforeAnswer));
  }

  /** Fills both places in one pass, so that braces in the data stay as they are. */
  private static String fill(String frame, Example.Instruction parts) {
    StringBuilder text = new StringBuilder();
    int place = frame.indexOf(INSTRUCTION);
    text.append(frame, 0, place).append(parts.instruction());
    String rest = frame.substring(place + INSTRUCTION.length());
    int input = rest.indexOf(INPUT);
    if (input < 0) {
      return text.append(rest).toString();
    }
    return text.append(rest, 0, input)
        .append(parts.input())
        .append(rest.substring(input + INPUT.length()))
        .toString();
  }

  private Example.Instruction instruction(Example example) {
    if (example instanceof Example.Instruction instruction) {
      return instruction;
    }
    List<Message> turns = ((Example.Conversation) example).messages();
    boolean asked = !turns.isEmpty() && turns.get(0).role().equals(Message.USER);
    boolean answered = turns.size() == 2 && turns.get(1).fromAssistant();
    if (!asked || (turns.size() > 1 && !answered)) {
      throw TextErrors.conversationNeedsChatTemplate(name, turns.size());
    }
    return new Example.Instruction(
        turns.get(0).content(), "", answered ? turns.get(1).content() : "");
  }
}
