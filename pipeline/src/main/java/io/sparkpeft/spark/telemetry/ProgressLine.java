package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Progressed;
import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Shows a person how a run gets on: on a terminal one line that is drawn anew, elsewhere a line
 * every few seconds. The first and the last step are always shown. What the driver says reaches a
 * person another way.
 */
public final class ProgressLine implements Consumer<RunEvent> {
  private static final Duration ON_TERMINAL = Duration.ofMillis(200);
  private static final Duration ELSEWHERE = Duration.ofSeconds(10);

  /** Weight of the newest step in the mean that the time left is reckoned from. */
  private static final double NEWEST = 0.1;

  private final PrintStream out;
  private final boolean redrawn;
  private final Duration pause;
  private Instant shown = Instant.MIN;

  /** What was heard first of what is counted now. */
  private Optional<Progressed> first = Optional.empty();

  private double secondsPerStep = Double.NaN;
  private int width;

  private ProgressLine(PrintStream out, boolean redrawn, Duration pause) {
    this.out = out;
    this.redrawn = redrawn;
    this.pause = pause;
  }

  /** The launcher tells whether standard error is a terminal: Java cannot. */
  public static ProgressLine onStandardError() {
    return System.getenv().containsKey("SPARK_PEFT_TERMINAL")
        ? onTerminal(System.err)
        : inLog(System.err);
  }

  /** Drawn anew in place. */
  public static ProgressLine onTerminal(PrintStream out) {
    return new ProgressLine(out, true, ON_TERMINAL);
  }

  /** For logs: a new line every ten seconds. */
  public static ProgressLine inLog(PrintStream out) {
    return new ProgressLine(out, false, ELSEWHERE);
  }

  @Override
  public synchronized void accept(RunEvent event) {
    if (event instanceof Stepped stepped) {
      show(stepped.step(), stepped.origin().at());
    } else if (event instanceof Progressed progressed) {
      show(progressed);
    } else if (!event.origin().isDriver()) {
      event.text().ifPresent(this::say);
    }
  }

  private void show(Progressed event) {
    boolean last = event.done() == event.total();
    Instant at = event.origin().at();
    Progressed from = first.filter(e -> e.what().equals(event.what())).orElse(event);
    first = Optional.of(from).filter(e -> !last);
    if (last || shown.equals(Instant.MIN) || at.isAfter(shown.plus(pause))) {
      shown = last ? Instant.MIN : at;
      draw(event.text().orElseThrow() + timeLeft(from, event), last);
    }
  }

  private static String timeLeft(Progressed from, Progressed event) {
    long more = event.done() - from.done();
    if (more == 0 || event.done() == event.total()) {
      return "";
    }
    double seconds = Duration.between(from.origin().at(), event.origin().at()).toMillis() / 1e3;
    return ", " + duration(seconds / more * (event.total() - event.done())) + " left";
  }

  private void show(StepEvent step, Instant at) {
    secondsPerStep =
        Double.isNaN(secondsPerStep)
            ? step.seconds()
            : NEWEST * step.seconds() + (1 - NEWEST) * secondsPerStep;
    boolean last = step.step() == step.steps();
    if (last || shown.equals(Instant.MIN) || at.isAfter(shown.plus(pause))) {
      shown = at;
      draw(text(step), last);
    }
  }

  private String text(StepEvent step) {
    return String.format(
        Locale.ROOT,
        "step %d/%d  loss %.4f  lr %.2e  %,.0f tokens/s  all-reduce %.0f ms  %s left",
        step.step(),
        step.steps(),
        step.loss(),
        step.learningRate(),
        step.tokensPerSecond(),
        step.allReduceSeconds() * 1e3,
        duration((step.steps() - step.step()) * secondsPerStep));
  }

  /** Whole seconds below a minute, then minutes and seconds, then hours and minutes. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }

  private void draw(String text, boolean last) {
    if (redrawn) {
      out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
      width = last ? 0 : text.length();
      out.print(last ? "\n" : "");
      out.flush();
    } else {
      out.println(text);
    }
  }

  /** A line of its own; a progress line that was being drawn goes on below it. */
  private void say(String text) {
    if (redrawn && width > 0) {
      out.print("\r" + " ".repeat(width) + "\r");
      width = 0;
    }
    out.println(text);
  }
}
