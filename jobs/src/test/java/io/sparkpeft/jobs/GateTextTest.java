package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.sparkpeft.base.Json;
import org.junit.jupiter.api.Test;

class GateTextTest {
  private static final String MET =
      """
      {"rule": "gate.min", "task": "arithmetic_2da", "metric": "acc", "passed": true,
       "reason": "0.93 is at least 0.8."}
      """;
  private static final String NOT_MET =
      """
      {"rule": "gate.max_regression", "task": "blimp", "metric": "acc", "passed": false,
       "reason": "0.7 after 0.8 is worse by 0.1; it may be worse by 0.05."}
      """;

  private static String text(String verdicts) throws JsonProcessingException {
    return GateText.of(Json.parse("{\"verdicts\": [" + verdicts + "]}"));
  }

  @Test
  void verdictsStandInColumnsAboveTheOutcome() throws JsonProcessingException {
    assertThat(text(MET + "," + NOT_MET).lines())
        .containsExactly(
            "pass  gate.min             arithmetic_2da.acc  0.93 is at least 0.8.",
            "FAIL  gate.max_regression  blimp.acc           "
                + "0.7 after 0.8 is worse by 0.1; it may be worse by 0.05.",
            "not passed: 1 of 2 are not met");
    assertThat(text(MET)).endsWith("passed: all 1 are met");
  }
}
