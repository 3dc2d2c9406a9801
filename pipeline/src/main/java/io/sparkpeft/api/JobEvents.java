package io.sparkpeft.api;

import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a job tells while it goes on: sentences to a person, and all of it, sentences too, as events
 * to a watcher.
 */
record JobEvents(Job job, String runId, Consumer<String> person, Consumer<RunEvent> watcher)
    implements Consumer<String> {

  /** A sentence, or several lines. */
  @Override
  public void accept(String message) {
    person.accept(message);
    watcher.accept(new RunEvent.Said(origin(), message));
  }

  /** A part of the job begins. */
  void phase(String name) {
    watcher.accept(new RunEvent.Phase(origin(), name));
  }

  Origin origin() {
    return Origin.ofDriver(runId);
  }

  /** Tells of a job's begin, and of its result or failure. */
  <R extends RunResult> R around(Recipe named, Supplier<R> work) {
    watcher.accept(
        new RunEvent.Began(origin(), job, named.output().location(), CodeVersion.text()));
    try {
      R result = work.get();
      watcher.accept(new RunEvent.Ended(origin(), job, result.json(), result.reused()));
      return result;
    } catch (RuntimeException | Error failure) {
      watcher.accept(failed(failure));
      throw failure;
    }
  }

  private RunEvent.Failed failed(Throwable failure) {
    Optional<SparkPeftException> known = SparkPeftException.knownIn(failure);
    return new RunEvent.Failed(
        origin(),
        job,
        SparkPeftException.exitCodeOf(failure).number(),
        known.map(Throwable::getMessage).orElseGet(failure::toString),
        known.flatMap(SparkPeftException::sentences));
  }
}
