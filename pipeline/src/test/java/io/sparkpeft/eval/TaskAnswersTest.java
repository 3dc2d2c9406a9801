package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.eval.TargetAnswers.TargetAnswer;
import io.sparkpeft.model.LogLikelihood;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TaskAnswersTest {

  /** Two choices each, the first one correct; bigger is likelier. */
  private static ChoiceAnswers answers(double... ofFirstChoice) {
    List<Choice> choices = List.of(Choice.delimited("yes", true), Choice.delimited("no", false));
    return new ChoiceAnswers(
        "truthfulqa_mc1",
        IntStream.range(0, ofFirstChoice.length)
            .mapToObj(i -> new Document(i, "question " + i, choices))
            .toList(),
        IntStream.range(0, ofFirstChoice.length)
            .mapToObj(
                i ->
                    List.of(
                        new LogLikelihood(ofFirstChoice[i], false), new LogLikelihood(-2, false)))
            .toList());
  }

  @Test
  void answersToTheSameDocumentsArePaired() {
    PairedDifference difference =
        answers(-1, -1, -3, -1).differenceFrom(answers(-3, -1, -3, -3), "acc").orElseThrow();
    assertThat(difference.difference()).isCloseTo(0.5, within(1e-15));
    assertThat(difference.improved()).isEqualTo(2);
    assertThat(difference.worsened()).isZero();
  }

  @Test
  void answersToOtherDocumentsAreNot() {
    assertThat(answers(-1, -1).differenceFrom(answers(-1, -1, -1), "acc")).isEmpty();
    assertThat(answers(-1, -1).differenceFrom(answers(-1, -1), "acc_norm")).isEmpty();
    assertThat(answers(-1).differenceFrom(new TargetAnswers(List.of()), "acc")).isEmpty();
  }

  @Test
  void recordsOfATokenTableArePairedByTheirIndexAndLength() {
    TargetAnswers first = new TargetAnswers(List.of(new TargetAnswer(0, 2, -4), answer(1, -3)));
    TargetAnswers second = new TargetAnswers(List.of(new TargetAnswer(0, 2, -2), answer(1, -2)));
    assertThat(second.differenceFrom(first, "loss").orElseThrow().difference())
        .isCloseTo(4.0 / 3 - 7.0 / 3, within(1e-12));
    TargetAnswers others = new TargetAnswers(List.of(new TargetAnswer(0, 2, -2), answer(2, -2)));
    assertThat(others.differenceFrom(first, "loss")).isEmpty();
  }

  private static TargetAnswer answer(long sample, double logLikelihood) {
    return new TargetAnswer(sample, 1, logLikelihood);
  }
}
