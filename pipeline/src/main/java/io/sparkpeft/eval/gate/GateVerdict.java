package io.sparkpeft.eval.gate;

import io.sparkpeft.eval.TaskScore;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether one score meets one rule.
 *
 * @param comparison with the reference; empty for rules that need none
 */
public record GateVerdict(
    GateRule rule, TaskScore score, Optional<Comparison> comparison, boolean passed) {

  /** The verdict as a sentence with its numbers. */
  public String reason() {
    return switch (rule.kind()) {
      case REQUIRED_TASKS -> "It was scored: " + number(score.value()) + ".";
      case MIN -> against(passed ? "is at least" : "is below");
      case MAX -> against(passed ? "is at most" : "is above");
      case MAX_REGRESSION, MAX_REGRESSION_STDERR -> gained() + "; it may be worse by " + allowed();
      case MIN_GAIN, MIN_GAIN_STDERR -> gained() + "; it has to be better by " + allowed();
    };
  }

  private String against(String relation) {
    return "%s %s %s.".formatted(number(score.value()), relation, number(rule.bound()));
  }

  private String gained() {
    Comparison made = comparison.orElseThrow();
    if (made.gain() == 0) {
      return number(score.value()) + " as before is neither better nor worse";
    }
    String sense = made.gain() < 0 ? "worse" : "better";
    return "%s after %s is %s by %s"
        .formatted(
            number(score.value()),
            number(made.reference().value()),
            sense,
            number(Math.abs(made.gain())));
  }

  private String allowed() {
    if (!rule.kind().countsStandardErrors()) {
      return number(rule.bound()) + ".";
    }
    Comparison made = comparison.orElseThrow();
    double stderr = made.stderr().orElseThrow();
    return "%s (%s standard errors of %s, %s)."
        .formatted(
            number(rule.bound() * stderr),
            number(rule.bound()),
            number(stderr),
            made.paired() ? "paired" : "unpaired");
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.replaceFirst("\\.?0+$", "");
  }
}
