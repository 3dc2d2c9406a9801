package io.sparkpeft.jobs;

import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.spark.telemetry.EventFile;
import io.sparkpeft.spark.telemetry.ProgressLine;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Where a job's events go beside the terminal. */
final class EventsOption {
  @Option(
      names = "--events",
      paramLabel = "FILE",
      description =
          "Append what happens to this file of the driver's machine, one JSON object a line, as it"
              + " happens. conf/README.md documents the objects.")
  private Optional<Path> path = Optional.empty();

  private Optional<EventFile> file = Optional.empty();

  /**
   * The terminal's line and, where it is asked for, the file.
   *
   * @throws SparkPeftException (73) if the file cannot be opened
   */
  Consumer<RunEvent> watcher() {
    file = path.map(EventFile::append);
    Consumer<RunEvent> line = ProgressLine.onStandardError();
    return file.<Consumer<RunEvent>>map(line::andThen).orElse(line);
  }

  /** Tells of a failure that nobody told: before the job began, or around it. */
  void failed(Job job, String runId, Failure failure, Throwable cause) {
    if (path.isEmpty() || file.map(EventFile::endsInFailure).orElse(false)) {
      return;
    }
    try (EventFile events = file.orElseGet(() -> EventFile.append(path.get()))) {
      events.accept(
          new RunEvent.Failed(
              Origin.ofDriver(runId),
              job,
              failure.exitCode().number(),
              failure.message(),
              SparkPeftException.knownIn(cause).flatMap(SparkPeftException::sentences)));
    } catch (SparkPeftException e) {
      System.err.println("The events were not written. " + e.getMessage());
    }
  }
}
