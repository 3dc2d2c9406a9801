package io.sparkpeft.chart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumbersTest {

  @Test
  void haveFourDigitsAtMost() {
    assertThat(Numbers.text(0)).isEqualTo("0");
    assertThat(Numbers.text(0.87312)).isEqualTo("0.8731");
    assertThat(Numbers.text(0.5)).isEqualTo("0.5");
    assertThat(Numbers.text(100)).isEqualTo("100");
    assertThat(Numbers.text(-12.3456)).isEqualTo("-12.35");
    assertThat(Numbers.text(1234.4)).isEqualTo("1,234");
    assertThat(Numbers.text(1_234_567)).isEqualTo("1,234,567");
    assertThat(Numbers.text(3e-5)).isEqualTo("3.00e-05");
    assertThat(Numbers.text(Double.NaN)).isEqualTo("NaN");
  }

  @Test
  void areAsExactAsTheirError() {
    assertThat(Numbers.text(0.87312, 0.0213)).isEqualTo("0.873 ± 0.021");
    assertThat(Numbers.text(87.312, 2.13)).isEqualTo("87.3 ± 2.1");
    assertThat(Numbers.text(8731.2, 213)).isEqualTo("8,731 ± 213");
    assertThat(Numbers.text(1, 0)).isEqualTo("1 ± 0");
    assertThat(Numbers.text(1, 1e-20)).isEqualTo("1.00000000 ± 0.00000000");
  }
}
