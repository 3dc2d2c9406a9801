package io.sparkpeft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.train.TrainEvents.StepEvent;
import org.junit.jupiter.api.Test;

class TrainSettingsTest {

  @Test
  void stepsCoverTheEpochsUnlessTheyAreGiven() {
    assertThat(TrainSettings.defaults().steps(1000)).isEqualTo(8);
    assertThat(TrainSettings.defaults().steps(1)).isEqualTo(1);
    assertThat(Rehearsal.settings(24, 4, 10).steps(1000)).isEqualTo(10);
    assertThat(Rehearsal.settings(24, 4, 10).steps(3)).isEqualTo(10);
  }

  @Test
  void warmUpIsATenthUnlessGiven() {
    assertThat(TrainSettings.defaults().learningRates(255).warmupSteps()).isEqualTo(25);
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> Rehearsal.settings(0, 4, 1))
        .hasMessage(
            "train.global_batch_size = 0 cannot be used. It must be 1 or more. Set it to such a"
                + " value.");
    assertThatThrownBy(() -> Rehearsal.settings(4, 1, 0))
        .hasMessageStartingWith("train.max_steps = 0 cannot be used.");
  }

  @Test
  void throughputLeavesOutTheFirstThreeStepsWhereThereAreMore() {
    Throughput throughput = new Throughput();
    assertThat(throughput.tokensPerSecond()).isZero();
    for (int step = 1; step <= 3; step++) {
      throughput.add(step(100, 10));
    }
    assertThat(throughput.tokensPerSecond()).isEqualTo(10);
    throughput.add(step(100, 1));
    throughput.add(step(300, 1));
    assertThat(throughput.tokensPerSecond()).isEqualTo(200);
    assertThat(throughput.targetTokensPerSecond()).isEqualTo(20);
    assertThat(throughput.seconds()).isEqualTo(32);
  }

  private static StepEvent step(long tokens, double seconds) {
    return new StepEvent(1, 9, 0, 0, 0, 0, tokens, tokens / 10, seconds, 0, 0);
  }
}
