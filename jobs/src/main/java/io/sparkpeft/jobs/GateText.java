package io.sparkpeft.jobs;

import io.sparkpeft.api.Gated;
import io.sparkpeft.api.Gated.Verdict;
import java.util.List;

/** A gate's verdicts as a person reads them: one line for each rule and score. */
final class GateText {
  private GateText() {}

  static String of(Gated gated) {
    List<Verdict> verdicts = gated.verdicts();
    int ruleWidth = verdicts.stream().mapToInt(v -> v.rule().length()).max().orElse(0);
    int scoreWidth = verdicts.stream().mapToInt(v -> score(v).length()).max().orElse(0);
    String line = "%-4s  %-" + ruleWidth + "s  %-" + scoreWidth + "s  %s%n";
    StringBuilder text = new StringBuilder();
    for (Verdict verdict : verdicts) {
      String mark = verdict.passed() ? "pass" : "FAIL";
      text.append(line.formatted(mark, verdict.rule(), score(verdict), verdict.reason()));
    }
    long failed = verdicts.stream().filter(verdict -> !verdict.passed()).count();
    text.append(
        gated.passed()
            ? "passed: all %d rules are met".formatted(verdicts.size())
            : "not passed: %d of %d rules are not met".formatted(failed, verdicts.size()));
    return text.toString();
  }

  private static String score(Verdict verdict) {
    return verdict.task() + "." + verdict.metric();
  }
}
