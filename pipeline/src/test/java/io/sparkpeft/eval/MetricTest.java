package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.model.LogLikelihood;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricTest {
  /** "ééé" has three characters and six bytes. */
  private static final Document DOCUMENT =
      new Document(0, "", List.of(Choice.delimited("abcd", true), Choice.delimited("ééé", false)));

  private static double value(Metric metric, double... sums) {
    return metric.value(
        DOCUMENT, Arrays.stream(sums).mapToObj(s -> new LogLikelihood(s, false)).toList());
  }

  @Test
  void accuracyTakesTheMostLikelyAndTheFirstOfEquals() {
    assertThat(value(Metric.ACC, -1, -2)).isEqualTo(1);
    assertThat(value(Metric.ACC, -2, -2)).isEqualTo(1);
    assertThat(value(Metric.ACC, -3, -2)).isEqualTo(0);
  }

  @Test
  void normalisationCountsCharactersOrBytesWithoutTheDelimiter() {
    assertThat(value(Metric.ACC_NORM, -4.1, -3)).isEqualTo(0); // -1.025 against -1
    assertThat(value(Metric.ACC_NORM, -3.9, -3)).isEqualTo(1);
    assertThat(value(Metric.ACC_BYTES, -2.1, -3)).isEqualTo(0); // -0.525 against -0.5
    assertThat(value(Metric.ACC_BYTES, -1.9, -3)).isEqualTo(1);
  }

  @Test
  void greedyAsksForTheFirstChoiceAlone() {
    assertThat(Metric.GREEDY.value(DOCUMENT, List.of(new LogLikelihood(-9, true)))).isEqualTo(1);
    assertThat(Metric.GREEDY.value(DOCUMENT, List.of(new LogLikelihood(-9, false)))).isEqualTo(0);
  }

  @Test
  void mc2IsTheShareOfTheTrueAnswersEvenWhereProbabilitiesUnderflow() {
    assertThat(value(Metric.MC2, Math.log(0.3), Math.log(0.1))).isCloseTo(0.75, within(1e-15));
    double shift = -2000;
    assertThat(value(Metric.MC2, Math.log(0.3) + shift, Math.log(0.1) + shift))
        .isCloseTo(0.75, within(1e-12));
  }
}
