package io.sparkpeft.eval.gate;

import io.sparkpeft.eval.TaskScore;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a gate asks of some scores.
 *
 * @param kind what is asked
 * @param scores whose scores: {@code task.metric}, with * for any text
 * @param bound how much is asked, in the metric's units or in standard errors
 */
public record GateRule(Kind kind, String scores, double bound) {

  /** Ends of scores' decimal fractions must not decide: 0.80 - 0.82 is a little less than -0.02. */
  private static final double SLACK = 1e-9;

  /** What a rule can ask; the names are those of the recipe's keys. */
  public enum Kind {
    /** That there is a score at all. */
    REQUIRED_TASKS(false, false),
    /** A score of at least the bound. */
    MIN(false, false),
    /** A score of at most the bound. */
    MAX(false, false),
    /** Not worse than the reference by more than the bound. */
    MAX_REGRESSION(true, false),
    /** The same in standard errors of the difference. */
    MAX_REGRESSION_STDERR(true, true),
    /** Better than the reference by at least the bound. */
    MIN_GAIN(true, false),
    /** The same in standard errors of the difference, and better at all. */
    MIN_GAIN_STDERR(true, true);

    private final boolean compares;
    private final boolean countsStandardErrors;

    Kind(boolean compares, boolean countsStandardErrors) {
      this.compares = compares;
      this.countsStandardErrors = countsStandardErrors;
    }

    /** Whether it needs the reference's score. */
    public boolean compares() {
      return compares;
    }

    /** Whether its bound is a number of standard errors. */
    public boolean countsStandardErrors() {
      return countsStandardErrors;
    }

    /** The key of the recipe that makes such rules. */
    public String key() {
      return "gate." + name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether the rule asks something of that score. */
  boolean concerns(TaskScore score) {
    Pattern pattern = Pattern.compile(Pattern.quote(scores).replace("*", "\\E.*\\Q"));
    return pattern.matcher(nameOf(score)).matches();
  }

  static String nameOf(TaskScore score) {
    return score.task() + "." + score.metric();
  }

  boolean isMetBy(TaskScore score) {
    return switch (kind) {
      case REQUIRED_TASKS -> true;
      case MIN -> score.value() >= bound - SLACK;
      case MAX -> score.value() <= bound + SLACK;
      case MAX_REGRESSION, MAX_REGRESSION_STDERR, MIN_GAIN, MIN_GAIN_STDERR ->
          throw new IllegalStateException(kind + " compares");
    };
  }

  boolean isMetBy(Comparison comparison) {
    double gain = comparison.gain();
    return switch (kind) {
      case MAX_REGRESSION -> gain >= -bound - SLACK;
      case MAX_REGRESSION_STDERR -> gain >= -bound * stderr(comparison) - SLACK;
      case MIN_GAIN -> gain >= bound - SLACK;
      case MIN_GAIN_STDERR -> gain > 0 && gain >= bound * stderr(comparison) - SLACK;
      case REQUIRED_TASKS, MIN, MAX -> throw new IllegalStateException(kind + " compares nothing");
    };
  }

  private static double stderr(Comparison comparison) {
    return comparison.stderr().orElseThrow();
  }
}
