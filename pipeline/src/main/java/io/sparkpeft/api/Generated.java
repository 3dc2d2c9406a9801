package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers to prompts. */
public final class Generated extends RunResult {
  Generated(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /**
   * A prompt and what the model answered.
   *
   * @param adapter what the prompt's row named; empty where one answered all
   */
  public record Answer(String prompt, Optional<String> adapter, String answer) {}

  /** In the prompts' order. */
  public List<Answer> answers() {
    List<Answer> answers = new ArrayList<>();
    for (JsonNode answer : node().path("answers")) {
      answers.add(
          new Answer(
              answer.path("prompt").asText(),
              Optional.ofNullable(answer.get("adapter")).map(JsonNode::asText),
              answer.path("answer").asText()));
    }
    return answers;
  }
}
