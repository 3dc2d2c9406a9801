package io.sparkpeft.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.util.List;
import org.apache.commons.lang3.SerializationUtils;
import org.junit.jupiter.api.Test;

class TaskOutcomeTest {

  /** The cause of a failure may hold anything; it must not keep the failure from travelling. */
  @Test
  void aFailureTravelsWithItsExitCode() throws Exception {
    TaskOutcome<Integer> outcome =
        TaskOutcome.of(
            () -> {
              Exception cause = new CannotTravel(new Object());
              throw SparkPeftException.of(ExitCode.DATA, "What.", "Why.", "Do.", cause);
            });
    TaskOutcome<Integer> arrived = SerializationUtils.roundtrip(outcome);
    assertThatThrownBy(arrived::value)
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessage("What. Why. Do.");
  }

  @Test
  void valuesAreGatheredInTheTasksOrder() throws Exception {
    assertThat(
            TaskOutcome.gathered(
                List.of(
                    TaskOutcome.of(() -> List.of(3, 1)), TaskOutcome.of(() -> List.<Integer>of()))))
        .containsExactly(3, 1);
  }

  @Test
  void whatIsNoFailureOfOursIsThrown() {
    assertThatThrownBy(
            () ->
                TaskOutcome.of(
                    () -> {
                      throw new IllegalStateException("a bug");
                    }))
        .hasMessage("a bug");
  }

  private static final class CannotTravel extends Exception {
    private final Object load;

    CannotTravel(Object load) {
      this.load = load;
    }

    @Override
    public String getMessage() {
      return load.toString();
    }
  }
}
