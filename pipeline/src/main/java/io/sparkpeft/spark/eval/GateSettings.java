package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.gate.GateRule;
import java.util.List;
import java.util.Optional;

/**
 * What to judge and by which rules.
 *
 * @param runId names the gate's run: verdicts that are in the table already are not passed again
 * @param evaluationRunId the run of evaluate whose adapter is judged
 * @param promoted the adapter to compare with; empty for the base
 * @param partialTasks whether scores over part of a task's documents count
 * @param tablesRoot where {@code eval_scores}, {@code eval_samples} and {@code gate_results} lie
 */
public record GateSettings(
    String runId,
    String evaluationRunId,
    Optional<PromotedReference> promoted,
    List<GateRule> rules,
    boolean partialTasks,
    String tablesRoot) {

  /**
   * An adapter to compare with.
   *
   * @param name what a person calls it: "sums, version 3"
   */
  public record PromotedReference(String name, String adapterSha256) {}

  public GateSettings {
    rules = List.copyOf(rules);
  }
}
