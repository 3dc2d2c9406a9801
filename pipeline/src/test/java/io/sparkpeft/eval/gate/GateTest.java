package io.sparkpeft.eval.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.TaskAnswers;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.eval.gate.GateRule.Kind;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules on scores alone; where answers are paired is ScoreGateTest's. */
class GateTest {
  private static final int DOCUMENTS = 100;

  private record Model(String name, List<TaskScore> scores) implements ScoredModel {
    @Override
    public Optional<TaskAnswers> answers(TaskScore score) {
      return Optional.empty();
    }
  }

  private static TaskScore accuracy(String task, double value) {
    return score(task, "acc", true, value, OptionalDouble.of(0.03), DOCUMENTS);
  }

  private static TaskScore loss(double value) {
    return score("perplexity", "loss", false, value, OptionalDouble.of(0.03), DOCUMENTS);
  }

  private static TaskScore score(
      String task, String metric, boolean higher, double value, OptionalDouble stderr, int n) {
    return new TaskScore(task, "1.0", "test", 0, metric, higher, value, stderr, n, DOCUMENTS);
  }

  private static Gate gate(List<TaskScore> judged, List<TaskScore> reference) {
    return new Gate(new Model("run 7", judged), new Model("the base", reference), false);
  }

  private static GateVerdict judge(Kind kind, double bound, TaskScore score, TaskScore other) {
    GateRule rule = new GateRule(kind, score.task() + "." + score.metric(), bound);
    return gate(List.of(score), List.of(other)).judge(List.of(rule)).get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "MIN, 0.80, true, 0.8 is at least 0.8.",
    "MIN, 0.81, false, 0.8 is below 0.81.",
    "MAX, 0.80, true, 0.8 is at most 0.8.",
    "MAX, 0.79, false, 0.8 is above 0.79.",
    "REQUIRED_TASKS, 0, true, It was scored: 0.8.",
    "MAX_REGRESSION, 0.02, true, 0.8 after 0.82 is worse by 0.02; it may be worse by 0.02.",
    "MAX_REGRESSION, 0.01, false, 0.8 after 0.82 is worse by 0.02; it may be worse by 0.01.",
    "MIN_GAIN, 0, false, 0.8 after 0.82 is worse by 0.02; it has to be better by 0.",
  })
  void ofMoreIsBetter(Kind kind, double bound, boolean passed, String reason) {
    GateVerdict verdict = judge(kind, bound, accuracy("sums", 0.80), accuracy("sums", 0.82));
    assertThat(verdict.passed()).isEqualTo(passed);
    assertThat(verdict.reason()).isEqualTo(reason);
  }

  /** 0.0424 is sqrt(2) times 0.03: two independent scores. */
  @ParameterizedTest
  @CsvSource({
    "MAX_REGRESSION_STDERR, 0.5, 0.80, true",
    "MAX_REGRESSION_STDERR, 0.4, 0.80, false",
    "MIN_GAIN_STDERR, 0.4, 0.84, true",
    "MIN_GAIN_STDERR, 0.5, 0.84, false",
    "MIN_GAIN_STDERR, 0, 0.82, false",
    "MAX_REGRESSION_STDERR, 0, 0.82, true",
  })
  void inStandardErrorsOfTheDifference(Kind kind, double bound, double value, boolean passed) {
    GateVerdict verdict = judge(kind, bound, accuracy("sums", value), accuracy("sums", 0.82));
    assertThat(verdict.passed()).isEqualTo(passed);
    assertThat(verdict.reason())
        .endsWith("(%s standard errors of 0.0424, unpaired).".formatted(shown(bound)));
  }

  private static String shown(double bound) {
    return bound == 0 ? "0" : Double.toString(bound);
  }

  @Test
  void ofLessIsBetterGainsAreTheOtherWayRound() {
    GateVerdict better = judge(Kind.MIN_GAIN, 0.1, loss(1.2), loss(1.3));
    assertThat(better.passed()).isTrue();
    assertThat(better.reason())
        .isEqualTo("1.2 after 1.3 is better by 0.1; it has to be better by 0.1.");
    assertThat(judge(Kind.MAX_REGRESSION, 0.05, loss(1.3), loss(1.2)).passed()).isFalse();
  }

  @Test
  void anEqualScoreIsSaidToBeOne() {
    assertThat(judge(Kind.MAX_REGRESSION, 0, loss(1.2), loss(1.2)).reason())
        .isEqualTo("1.2 as before is neither better nor worse; it may be worse by 0.");
  }

  @Test
  void aPatternIsARuleForEveryScoreThatItMatches() {
    List<TaskScore> scores =
        List.of(accuracy("sums", 0.9), accuracy("differences", 0.5), loss(1.2));
    List<GateVerdict> verdicts =
        gate(scores, List.of()).judge(List.of(new GateRule(Kind.MIN, "*.acc", 0.6)));
    assertThat(verdicts).extracting(GateVerdict::passed).containsExactly(true, false);
    assertThat(verdicts).extracting(v -> v.score().task()).containsExactly("sums", "differences");
  }

  @Test
  void aMissingScoreNeverPasses() {
    List<GateRule> rules =
        List.of(
            new GateRule(Kind.MIN, "smus.acc", 0.6),
            new GateRule(Kind.REQUIRED_TASKS, "blimp.*", 0),
            new GateRule(Kind.MIN, "sums.acc", 0.6));
    assertFailure(
        () -> gate(List.of(accuracy("sums", 0.9), loss(1)), List.of()).judge(rules),
        ExitCode.MISSING_INPUT,
        "There is no score of run 7 for smus.acc (gate.min; did you mean sums.acc?), blimp.*"
            + " (gate.required_tasks). It was scored on: sums.acc, perplexity.loss. Mend the rule,"
            + " or evaluate that task too; a score that is missing never passes.");
  }

  @Test
  void aMissingReferenceNeverPasses() {
    List<GateRule> rules = List.of(new GateRule(Kind.MIN_GAIN, "sums.acc", 0));
    assertFailure(
        () -> gate(List.of(accuracy("sums", 1)), List.of(loss(1))).judge(rules),
        ExitCode.MISSING_INPUT,
        "There is no score sums.acc of the base. It was scored on: perplexity.loss. Evaluate it on"
            + " the same tasks: eval.compare_base=true, or a run of its own.");
  }

  @Test
  void scoresOfOtherQuestionsAreNotCompared() {
    TaskScore whole = accuracy("sums", 0.5);
    TaskScore fewShot =
        new TaskScore(
            "sums", "1.0", "test", 5, "acc", true, 0.5, OptionalDouble.of(0.03), 100, 100);
    assertFailure(
        () -> judge(Kind.MAX_REGRESSION, 1, whole, fewShot),
        ExitCode.DATA,
        "The scores sums.acc cannot be compared: one is of version 1.0 on the test split with 0"
            + " shots over 100 of 100 documents, that of the base is of version 1.0 on the test"
            + " split with 5 shots over 100 of 100 documents.");
  }

  @Test
  void aScoreOverPartOfATaskCountsOnlyWhereThatIsSaid() {
    TaskScore part = score("sums", "acc", true, 0.9, OptionalDouble.of(0.1), 10);
    List<GateRule> rules = List.of(new GateRule(Kind.MIN, "sums.acc", 0.5));
    assertFailure(
        () -> gate(List.of(part), List.of()).judge(rules),
        ExitCode.DATA,
        "The score sums.acc of run 7 is over 10 of 100 documents. A gate judges whole tasks."
            + " Evaluate without eval.limit, or set gate.partial_tasks=true.");
    Gate lenient = new Gate(new Model("run 7", List.of(part)), new Model("", List.of()), true);
    assertThat(lenient.judge(rules)).allMatch(GateVerdict::passed);
  }

  @Test
  void aScoreWithoutAStandardErrorIsNotJudgedByOne() {
    TaskScore single = score("sums", "acc", true, 1, OptionalDouble.empty(), DOCUMENTS);
    assertFailure(
        () -> judge(Kind.MIN_GAIN_STDERR, 2, single, single),
        ExitCode.DATA,
        "The rule gate.min_gain_stderr cannot judge sums.acc.");
  }

  @Test
  void aGateWithoutRulesIsNone() {
    assertFailure(
        () -> gate(List.of(loss(1)), List.of()).judge(List.of()),
        ExitCode.CONFIGURATION,
        "The gate has no rules. It would let everything pass.");
  }

  private static void assertFailure(Runnable judging, ExitCode code, String message) {
    assertThatThrownBy(judging::run)
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageStartingWith(message);
  }
}
