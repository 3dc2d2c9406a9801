package io.sparkpeft.eval.gate;

import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.TaskScore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges a model's scores by rules.
 *
 * @param judged the model to judge
 * @param reference what it is compared with
 * @param partialTasks whether scores over part of a task's documents count
 */
public record Gate(ScoredModel judged, ScoredModel reference, boolean partialTasks) {

  /**
   * One verdict for every rule and score that the rule is about, in the rules' order.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) without rules, (66) if a score is missing
   *     that a rule is about, with the nearest that is there; (65) if a score cannot be judged:
   *     over part of a task, with another version, split or number of shots than the reference's,
   *     or without a standard error that the rule counts in
   */
  public List<GateVerdict> judge(List<GateRule> rules) {
    if (rules.isEmpty()) {
      throw GateErrors.noRules();
    }
    List<GateRule> idle = rules.stream().filter(rule -> about(rule).isEmpty()).toList();
    if (!idle.isEmpty()) {
      throw GateErrors.noScores(judged, idle);
    }
    List<GateVerdict> verdicts = new ArrayList<>();
    for (GateRule rule : rules) {
      about(rule).forEach(score -> verdicts.add(verdict(rule, score)));
    }
    return verdicts;
  }

  private List<TaskScore> about(GateRule rule) {
    return judged.scores().stream().filter(rule::concerns).toList();
  }

  private GateVerdict verdict(GateRule rule, TaskScore score) {
    if (!partialTasks && score.n() < score.nOriginal()) {
      throw GateErrors.partial(judged, score);
    }
    if (!rule.kind().compares()) {
      return new GateVerdict(rule, score, Optional.empty(), rule.isMetBy(score));
    }
    Comparison comparison = comparison(score);
    if (rule.kind().countsStandardErrors() && comparison.stderr().isEmpty()) {
      throw GateErrors.noStandardError(rule, score);
    }
    return new GateVerdict(rule, score, Optional.of(comparison), rule.isMetBy(comparison));
  }

  private Comparison comparison(TaskScore score) {
    TaskScore other =
        ofReference(score).orElseThrow(() -> GateErrors.noReference(score, reference));
    if (!conditions(score).equals(conditions(other))) {
      throw GateErrors.notComparable(score, conditions(score), reference, conditions(other));
    }
    return paired(score, other).orElseGet(() -> Comparison.unpaired(score, other));
  }

  /** A score beside the reference's; empty where that has none under the same conditions. */
  public Optional<Comparison> compared(TaskScore score) {
    return ofReference(score)
        .filter(other -> conditions(score).equals(conditions(other)))
        .map(other -> comparison(score));
  }

  private Optional<TaskScore> ofReference(TaskScore score) {
    return reference.scores().stream()
        .filter(s -> GateRule.nameOf(s).equals(GateRule.nameOf(score)))
        .findFirst();
  }

  private Optional<Comparison> paired(TaskScore score, TaskScore other) {
    Optional<PairedDifference> difference =
        judged
            .answers(score)
            .flatMap(
                second ->
                    reference
                        .answers(other)
                        .flatMap(first -> second.differenceFrom(first, score.metric())));
    return difference.map(found -> Comparison.paired(score, other, found));
  }

  /** What two scores must share to be compared. */
  private static String conditions(TaskScore score) {
    return "version %s on the %s split with %d shots over %d of %d documents"
        .formatted(score.version(), score.split(), score.shots(), score.n(), score.nOriginal());
  }
}
