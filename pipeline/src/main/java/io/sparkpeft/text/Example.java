package io.sparkpeft.text;

import java.io.Serializable;
import java.util.List;

/** What a model is to learn from, or to answer: an instruction, or a conversation. */
public sealed interface Example extends Serializable {

  /**
   * Alpaca's form.
   *
   * @param input further context; empty where there is none
   * @param output the answer; empty where it is yet to be generated
   */
  record Instruction(String instruction, String input, String output) implements Example {
    @Override
    public boolean hasAnswer() {
      return !output.isBlank();
    }
  }

  /** Turns in order; all those of the assistant are answers. */
  record Conversation(List<Message> messages) implements Example {
    public Conversation {
      messages = List.copyOf(messages);
    }

    @Override
    public boolean hasAnswer() {
      return messages.stream().anyMatch(m -> m.fromAssistant() && !m.content().isBlank());
    }
  }

  /** Whether there is anything to learn: an answer that is not blank. */
  boolean hasAnswer();

  /** A question without context, to be answered. */
  static Example question(String instruction) {
    return new Instruction(instruction, "", "");
  }
}
