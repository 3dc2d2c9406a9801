package io.sparkpeft.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StepPlanTest {
  private final StepPlan plan = new StepPlan(10, 4);

  @Test
  void anEpochEndsWithAShortStep() {
    assertThat(plan.stepsPerEpoch()).isEqualTo(3);
    assertThat(plan.positions(0)).containsExactly(0, 1, 2, 3);
    assertThat(plan.positions(2)).containsExactly(8, 9);
    assertThat(plan.positions(3)).containsExactly(10, 11, 12, 13);
    assertThat(plan.positions(5)).containsExactly(18, 19);
  }

  @Test
  void stepsAreCountedAsByHuggingFacesTrainer() {
    assertThat(plan.steps(3, OptionalLong.empty())).isEqualTo(9);
    assertThat(plan.steps(0.5, OptionalLong.empty())).isEqualTo(2);
    assertThat(plan.steps(3, OptionalLong.of(5))).isEqualTo(5);
    assertThat(plan.steps(1, OptionalLong.of(5))).isEqualTo(3);
    assertThat(new StepPlan(8, 4).stepsPerEpoch()).isEqualTo(2);
  }
}
