package io.sparkpeft.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  private final StopStrings stop = new StopStrings(List.of("\n\n", "END"));

  @Test
  void cutsBeforeTheFirst() {
    assertThat(stop.cut("one END two\n\nthree")).isEqualTo("one ");
    assertThat(stop.cut("one\n\ntwo END")).isEqualTo("one");
    assertThat(stop.cut("ENDless")).isEmpty();
    assertThat(stop.cut("one\ntwo EN D")).isEqualTo("one\ntwo EN D");
  }

  @Test
  void saysWhetherOneIsThere() {
    assertThat(stop.areIn("to the END")).isTrue();
    assertThat(stop.areIn("to the\nEN")).isFalse();
    assertThat(new StopStrings(List.of()).areIn("END")).isFalse();
    assertThat(new StopStrings(List.of()).isEmpty()).isTrue();
  }

  @Test
  void noneIsEmpty() {
    assertThatThrownBy(() -> new StopStrings(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatMayBecomeOneIsNotCertain() {
    StopStrings stops = new StopStrings(List.of("\nQ:", "<end>"));
    assertThat(stops.certain("42\n")).isEqualTo("42");
    assertThat(stops.certain("42\nQ")).isEqualTo("42");
    assertThat(stops.certain("42\n\n")).isEqualTo("42\n");
    assertThat(stops.certain("a <en")).isEqualTo("a ");
    assertThat(stops.certain("a <em")).isEqualTo("a <em");
    assertThat(stops.certain("")).isEmpty();
  }
}
