package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Answers to prompts. */
public final class Generated extends RunResult {
  Generated(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** A prompt and what the model answered. */
  public record Answer(String prompt, String answer) {}

  /** In the prompts' order. */
  public List<Answer> answers() {
    List<Answer> answers = new ArrayList<>();
    for (JsonNode answer : node().path("answers")) {
      answers.add(new Answer(answer.path("prompt").asText(), answer.path("answer").asText()));
    }
    return answers;
  }
}
