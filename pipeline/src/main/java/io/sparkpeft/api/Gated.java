package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The verdicts on an adapter's scores. */
public final class Gated extends RunResult {
  Gated(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /**
   * Whether a score meets a rule.
   *
   * @param rule the recipe's key
   * @param bound the rule's number
   * @param score the metric's value
   * @param reason a sentence with the numbers
   */
  public record Verdict(
      String rule,
      String task,
      String metric,
      double bound,
      double score,
      boolean passed,
      String reason) {}

  /** Whether every score meets every rule. */
  public boolean passed() {
    return node().path("passed").asBoolean();
  }

  /** One for each rule and score. */
  public List<Verdict> verdicts() {
    List<Verdict> verdicts = new ArrayList<>();
    for (JsonNode verdict : node().path("verdicts")) {
      verdicts.add(
          new Verdict(
              verdict.path("rule").asText(),
              verdict.path("task").asText(),
              verdict.path("metric").asText(),
              verdict.path("bound").asDouble(),
              verdict.path("score").asDouble(),
              verdict.path("passed").asBoolean(),
              verdict.path("reason").asText()));
    }
    return verdicts;
  }

  /** Of the weights of the adapter that was judged. */
  public String adapterSha256() {
    return text("adapter_sha256");
  }
}
