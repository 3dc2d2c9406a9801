package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A gate's verdicts as a person reads them: one line for each rule and score. */
final class GateText {
  private GateText() {}

  /**
   * @param result the content of {@code _RESULT.json}
   */
  static String of(JsonNode result) {
    List<JsonNode> verdicts = new ArrayList<>();
    result.path("verdicts").forEach(verdicts::add);
    int ruleWidth = verdicts.stream().mapToInt(v -> rule(v).length()).max().orElse(0);
    int scoreWidth = verdicts.stream().mapToInt(v -> score(v).length()).max().orElse(0);
    String line = "%-4s  %-" + ruleWidth + "s  %-" + scoreWidth + "s  %s%n";
    StringBuilder text = new StringBuilder();
    for (JsonNode verdict : verdicts) {
      String mark = isPassed(verdict) ? "pass" : "FAIL";
      String reason = verdict.path("reason").asText();
      text.append(line.formatted(mark, rule(verdict), score(verdict), reason));
    }
    long failed = verdicts.stream().filter(verdict -> !isPassed(verdict)).count();
    text.append(
        failed == 0
            ? "passed: all %d are met".formatted(verdicts.size())
            : "not passed: %d of %d are not met".formatted(failed, verdicts.size()));
    return text.toString();
  }

  private static boolean isPassed(JsonNode verdict) {
    return verdict.path("passed").asBoolean();
  }

  private static String rule(JsonNode verdict) {
    return verdict.path("rule").asText();
  }

  private static String score(JsonNode verdict) {
    return verdict.path("task").asText() + "." + verdict.path("metric").asText();
  }
}
