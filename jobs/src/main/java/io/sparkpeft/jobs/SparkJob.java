package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.telemetry.RunEvent;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Mixin;

/** A job that runs on Spark: opens a session, calls the API, keeps a failure's result. */
abstract class SparkJob extends JobCommand {
  @Mixin private final EventsOption events = new EventsOption();

  abstract JobResult run(SparkPeft peft, Recipe recipe);

  @Override
  final JobResult execute(Recipe recipe) {
    if (!LocalCopy.isRemote(recipe.output().location())) {
      ResultFile.clearFailure(recipe.output().folder());
    }
    Consumer<RunEvent> watcher = events.watcher();
    SparkSession session = Sessions.open(job(), recipe);
    try {
      return run(SparkPeft.on(session).watching(watcher), recipe);
    } finally {
      Sessions.close(session);
    }
  }

  @Override
  final void keep(Path folder, String failure) {
    ResultFile.writeFailure(folder, failure);
  }

  @Override
  final void told(String runId, Failure failure, Throwable cause) {
    events.failed(job(), runId, failure, cause);
  }
}
