package io.sparkpeft.notebook;

import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.RunEvent.Progressed;
import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.spark.telemetry.RunEvent.Validated;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.rapaio.jupyter.kernel.display.DisplayData;

/** Draws a run in the cell that trains, again and again in the same place. */
final class LiveTraining implements Consumer<RunEvent> {
  private static final Duration PAUSE = Duration.ofMillis(700);

  private final CellOutput cell;
  private Optional<Drawn> drawn = Optional.empty();

  /** A run, its place in the notebook, and when it was drawn last. */
  private record Drawn(String runId, String displayId, TrainingView view, Instant at) {}

  LiveTraining(CellOutput cell) {
    this.cell = cell;
  }

  @Override
  public synchronized void accept(RunEvent event) {
    if (event.origin().isDriver() && !(event instanceof Progressed)) {
      return; // It is told in the cell by words.
    }
    String runId = event.origin().runId();
    boolean known = drawn.map(run -> isOf(run, event)).orElse(false);
    if (!known) {
      drawn =
          Optional.of(
              new Drawn(runId, UUID.randomUUID().toString(), new TrainingView(), Instant.MIN));
    }
    Drawn run = drawn.orElseThrow();
    boolean news = tell(run.view(), event);
    Instant now = Instant.now();
    if (!known || news || now.isAfter(run.at().plus(PAUSE))) {
      DisplayData data = run.view().render().data();
      data.setDisplayId(run.displayId());
      if (known) {
        cell.redraw(data);
      } else {
        cell.show(data);
      }
      drawn = Optional.of(new Drawn(runId, run.displayId(), run.view(), now));
    }
  }

  /** A step after the last one is of a new run, whatever its name. */
  private static boolean isOf(Drawn run, RunEvent event) {
    boolean again = run.view().isFinished() && event instanceof Stepped;
    return run.runId().equals(event.origin().runId()) && !again;
  }

  /** Whether it should be seen at once. */
  private static boolean tell(TrainingView view, RunEvent event) {
    if (event instanceof Stepped stepped) {
      view.add(stepped.step());
      return view.isFinished();
    }
    if (event instanceof Validated validated) {
      view.add(validated.result());
    } else {
      event.text().ifPresent(view::say);
    }
    return !(event instanceof Progressed progressed) || progressed.done() == progressed.total();
  }
}
