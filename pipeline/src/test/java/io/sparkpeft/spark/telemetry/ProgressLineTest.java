package io.sparkpeft.spark.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import io.sparkpeft.spark.telemetry.RunEvent.Progressed;
import io.sparkpeft.spark.telemetry.RunEvent.Said;
import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void inALogItShowsTheFirstTheLastAndOneInTenSeconds() {
    ProgressLine line = ProgressLine.inLog(out);
    for (int step = 1; step <= 60; step++) {
      line.accept(stepped(step, step));
    }
    assertThat(text().lines())
        .hasSize(7)
        .first()
        .isEqualTo(
            "step 1/60  loss 1.0000  lr 3.00e-04  1,234 tokens/s  all-reduce 12 ms  59 s left");
    assertThat(text().lines()).last().asString().startsWith("step 60/60 ").endsWith(" 0 s left");
  }

  @Test
  void onATerminalItIsDrawnAnewAndMakesRoomForMessages() {
    ProgressLine line = ProgressLine.onTerminal(out);
    line.accept(stepped(9, 0));
    line.accept(stepped(10, 1));
    line.accept(new Said(origin(2), "checkpoint"));
    line.accept(stepped(60, 3));
    assertThat(text()).contains("\rstep 9/60").contains("\rstep 10/60");
    assertThat(text()).containsPattern("\r +\rcheckpoint\n\rstep 60/60 .*left *\n$");
  }

  @Test
  void whatIsCountedSaysWhenItWillBeDone() {
    ProgressLine line = ProgressLine.inLog(out);
    line.accept(new Progressed(origin(0), "tensors", 1, 101));
    line.accept(new Progressed(origin(20), "tensors", 21, 101));
    line.accept(new Progressed(origin(90), "tensors", 101, 101));
    line.accept(new Progressed(origin(91), "tensors", 1, 3));
    assertThat(text().lines())
        .containsExactly(
            "1 of 101 tensors",
            "21 of 101 tensors, 1 min 20 s left",
            "101 of 101 tensors",
            "1 of 3 tensors");
  }

  @Test
  void timeLeftIsReadable() {
    assertThat(ProgressLine.duration(59.4)).isEqualTo("59 s");
    assertThat(ProgressLine.duration(61)).isEqualTo("1 min 1 s");
    assertThat(ProgressLine.duration(3 * 3600 + 5 * 60 + 59)).isEqualTo("3 h 5 min");
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static Stepped stepped(long step, long atSecond) {
    return new Stepped(
        origin(atSecond),
        new StepEvent(step, 60, 0.5, 1.0 / step, 3e-4, 0.7, 1234, 600, 1.0, 0.012, 100));
  }

  private static Origin origin(long atSecond) {
    return new Origin("run", 1, 0, Instant.ofEpochSecond(1_000_000 + atSecond));
  }
}
