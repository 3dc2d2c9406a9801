package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.recipe.JobResult;
import java.util.ArrayList;
import java.util.List;

/** What generate prints: one answer alone, or each below its prompt. */
final class Answers {
  private Answers() {}

  static String text(JobResult result) {
    JsonNode answers = result.json().path("answers");
    if (answers.size() == 1) {
      return answers.get(0).path("answer").asText();
    }
    List<String> blocks = new ArrayList<>();
    for (JsonNode answer : answers) {
      String who = answer.has("adapter") ? " (" + answer.path("adapter").asText() + ")" : "";
      blocks.add(
          "> " + answer.path("prompt").asText() + who + "\n" + answer.path("answer").asText());
    }
    return String.join("\n\n", blocks);
  }
}
