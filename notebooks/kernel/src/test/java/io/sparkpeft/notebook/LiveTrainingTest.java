package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import io.sparkpeft.train.TrainEvents.StepEvent;
import io.sparkpeft.train.TrainEvents.Validated;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rapaio.jupyter.kernel.display.DisplayData;

class LiveTrainingTest {
  private final List<DisplayData> shown = new ArrayList<>();
  private final List<DisplayData> redrawn = new ArrayList<>();
  private final LiveTraining live =
      new LiveTraining(
          new CellOutput() {
            @Override
            public void show(DisplayData data) {
              shown.add(data);
            }

            @Override
            public void redraw(DisplayData data) {
              redrawn.add(data);
            }
          });

  @Test
  void aRunIsShownOnceAndThenRedrawnInItsPlace() {
    live.accept(new RunEvent.Said(origin("a"), "training 97,792 values"));
    for (int step = 1; step <= 4; step++) {
      live.accept(step("a", step, 4));
    }
    live.accept(new RunEvent.Said(origin("a"), "checkpoint of step 4 saved"));
    assertThat(shown).hasSize(1);
    assertThat(text(shown.get(0))).isEqualTo("training 97,792 values");
    assertThat(redrawn)
        .isNotEmpty()
        .allMatch(data -> data.getDisplayId().equals(shown.get(0).getDisplayId()));
    DisplayData last = redrawn.get(redrawn.size() - 1);
    assertThat(text(last))
        .startsWith("step 4 of 4 · epoch 0.40 · loss ")
        .contains("learning rate 1.00e-03 · 2,000 tokens/s · all-reduce 20 ms · done");
    assertThat(last.data().get("text/html").toString())
        .contains("<svg", "width:100.0%", "checkpoint of step 4 saved");
  }

  @Test
  void manyStepsAreFewPictures() {
    for (int step = 1; step <= 5_000; step++) {
      live.accept(step("a", step, 5_000));
    }
    assertThat(redrawn).hasSizeLessThan(1_000);
    assertThat(text(redrawn.get(redrawn.size() - 1))).contains("at step 1,", "at 5,000");
  }

  @Test
  void anotherRunHasAPlaceOfItsOwn() {
    live.accept(step("a", 1, 1));
    live.accept(step("b", 1, 2));
    live.accept(step("b", 2, 2));
    live.accept(step("b", 1, 2));
    assertThat(shown.stream().map(DisplayData::getDisplayId).distinct()).hasSize(3);
  }

  @Test
  void aLaterAttemptTakesTheLostStepsAgain() {
    TrainingView view = new TrainingView();
    view.add(event(1, 3, 5));
    view.add(event(2, 3, 9));
    view.add(event(2, 3, 4));
    view.add(new Validated(2, 3.5, 100, 1));
    assertThat(view.isFinished()).isFalse();
    assertThat(view.render().text())
        .contains("each step: loss (nats per target token) 5 at step 1, 4 at 2")
        .contains("moving mean: loss (nats per target token) 5 at step 1, 4.444 at 2")
        .endsWith("validation: loss (nats per target token) 3.5 at step 2")
        .contains("1 s left");
  }

  @Test
  void theMeanOfAConstantIsThatConstant() {
    TrainingView view = new TrainingView();
    view.add(event(1, 2, 3));
    view.add(event(2, 2, 3));
    assertThat(view.render().text())
        .contains("moving mean: loss (nats per target token) 3 at step 1, 3 at 2");
  }

  private static String text(DisplayData data) {
    return data.data().get("text/plain").toString();
  }

  private static RunEvent step(String run, int step, int steps) {
    return new RunEvent.Stepped(origin(run), event(step, steps, 1.0 / step));
  }

  private static StepEvent event(int step, int steps, double loss) {
    return new StepEvent(step, steps, 0.1 * step, loss, 1e-3, 1, 1000, 100, 0.5, 0.02, 64);
  }

  private static Origin origin(String run) {
    return new Origin(run, 1, 0, Instant.EPOCH);
  }
}
