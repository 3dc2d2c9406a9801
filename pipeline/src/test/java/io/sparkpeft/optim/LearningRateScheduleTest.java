package io.sparkpeft.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.optim.LearningRateSchedule.Shape;
import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {

  @Test
  void ratesAreThoseOfTransformers() {
    assertThat(Golden.of("schedules")).hasSize(18);
    for (JsonNode golden : Golden.of("schedules")) {
      LearningRateSchedule schedule =
          new LearningRateSchedule(
              Shape.valueOf(golden.get("shape").asText()),
              golden.get("learning_rate").doubleValue(),
              golden.get("warmup_steps").longValue(),
              golden.get("total_steps").longValue());
      for (int step = 0; step < golden.get("rates").size(); step++) {
        assertThat(schedule.at(step))
            .as("%s at step %d", schedule, step)
            .isEqualTo(golden.get("rates").get(step).doubleValue(), within(1e-18));
      }
    }
  }

  @Test
  void defaultWarmUpIsATenthButNoMoreThanAHundredSteps() {
    assertThat(LearningRateSchedule.defaultWarmupSteps(9)).isZero();
    assertThat(LearningRateSchedule.defaultWarmupSteps(255)).isEqualTo(25);
    assertThat(LearningRateSchedule.defaultWarmupSteps(1000)).isEqualTo(100);
    assertThat(LearningRateSchedule.defaultWarmupSteps(50_000)).isEqualTo(100);
  }

  @Test
  void refusesRatesThatAreNone() {
    assertThatThrownBy(() -> new LearningRateSchedule(Shape.LINEAR, Double.NaN, 0, 1))
        .hasMessage(
            "train.learning_rate = NaN cannot be used. It must be 0 or more, and finite. Set it to"
                + " such a value.");
    assertThatThrownBy(() -> new LearningRateSchedule(Shape.LINEAR, 1, -1, 1))
        .hasMessageStartingWith("train.warmup_steps = -1 cannot be used. It must be 0 or more.");
  }
}
