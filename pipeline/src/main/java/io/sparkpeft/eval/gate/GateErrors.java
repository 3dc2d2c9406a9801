package io.sparkpeft.eval.gate;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.TaskScore;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The failures of a gate: what keeps it from judging. That it is not passed is none of them. */
final class GateErrors {
  private GateErrors() {}

  static SparkPeftException noRules() {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "The gate has no rules.",
        "It would let everything pass.",
        "Set gate.min, gate.max_regression_stderr or another of its rules, for example"
            + " gate.min={arithmetic_2da.acc=0.8}.");
  }

  static SparkPeftException noScores(ScoredModel judged, List<GateRule> rules) {
    List<String> there = names(judged);
    String asked =
        rules.stream()
            .map(rule -> rule.scores() + " (" + rule.kind().key() + hint(rule, there) + ")")
            .collect(Collectors.joining(", "));
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There is no score of " + judged.name() + " for " + asked + ".",
        "It was scored on: " + String.join(", ", there) + ".",
        "Mend the rule, or evaluate that task too; a score that is missing never passes.");
  }

  private static String hint(GateRule rule, List<String> there) {
    Optional<String> nearest = Nearest.to(rule.scores(), there);
    return nearest.map(name -> "; did you mean " + name + "?").orElse("");
  }

  static SparkPeftException noReference(TaskScore score, ScoredModel reference) {
    List<String> there = names(reference);
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "There is no score " + GateRule.nameOf(score) + " of " + reference.name() + ".",
        there.isEmpty()
            ? "It was not scored at all in the same arithmetic."
            : "It was scored on: " + String.join(", ", there) + ".",
        "Evaluate it on the same tasks: eval.compare_base=true, or a run of its own.");
  }

  static SparkPeftException notComparable(
      TaskScore score, String here, ScoredModel reference, String there) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The scores %s cannot be compared: one is of %s, that of %s is of %s."
            .formatted(GateRule.nameOf(score), here, reference.name(), there),
        "A difference would come from the questions rather than from the model.",
        "Evaluate both with the same eval.source, eval.limit and eval.num_fewshot.");
  }

  static SparkPeftException partial(ScoredModel judged, TaskScore score) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The score %s of %s is over %d of %d documents."
            .formatted(GateRule.nameOf(score), judged.name(), score.n(), score.nOriginal()),
        "A gate judges whole tasks.",
        "Evaluate without eval.limit, or set gate.partial_tasks=true.");
  }

  static SparkPeftException noStandardError(GateRule rule, TaskScore score) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The rule " + rule.kind().key() + " cannot judge " + GateRule.nameOf(score) + ".",
        "It counts in standard errors, and a score over one document has none.",
        "Evaluate more documents, or use a rule in the metric's own units.");
  }

  private static List<String> names(ScoredModel model) {
    return model.scores().stream().map(GateRule::nameOf).toList();
  }
}
