package io.sparkpeft.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TicksTest {

  @Test
  void areMultiplesOfANiceStepThatCoverTheValues() {
    assertThat(labels(Ticks.covering(0.13, 3.42, 5))).containsExactly("0", "1", "2", "3", "4");
    assertThat(labels(Ticks.covering(0, 300, 8)))
        .containsExactly("0", "50", "100", "150", "200", "250", "300");
    assertThat(labels(Ticks.covering(-0.02, 0.021, 5)))
        .containsExactly("-0.02", "-0.01", "0.00", "0.01", "0.02", "0.03");
    assertThat(labels(Ticks.covering(0, 52_000, 5)))
        .containsExactly("0", "20,000", "40,000", "60,000");
  }

  @Test
  void endWhereTheValuesEndInSpiteOfRounding() {
    assertThat(labels(Ticks.covering(0.3, 0.6, 3))).containsExactly("0.3", "0.4", "0.5", "0.6");
  }

  @Test
  void smallStepsAreWrittenWithAnExponent() {
    assertThat(labels(Ticks.covering(0, 3e-5, 3)))
        .containsExactly("0", "1.0e-05", "2.0e-05", "3.0e-05");
  }

  @Test
  void aSingleValueStandsInTheMiddle() {
    assertThat(labels(Ticks.covering(5, 5, 5))).startsWith("2").endsWith("8").contains("5");
    assertThat(labels(Ticks.covering(0, 0, 2))).containsExactly("-1", "0", "1");
  }

  @Test
  void countsAreWhole() {
    assertThat(labels(Ticks.counting(2, 5))).containsExactly("0", "1", "2");
    assertThat(labels(Ticks.counting(0, 5))).containsExactly("0", "1");
  }

  private static List<String> labels(Ticks ticks) {
    return ticks.values().stream().map(ticks::label).toList();
  }
}
