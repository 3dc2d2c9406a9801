package io.sparkpeft.jobs;

import io.sparkpeft.api.Staging;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;

/** A job that starts no Spark; what lies in object stores it reads by Spark's settings. */
abstract class PlainJob extends JobCommand {

  /**
   * @param recipe with inputs on this machine
   */
  abstract JobResult run(Recipe recipe);

  @Override
  final JobResult execute(Recipe recipe) {
    if (!recipe.effective().addresses(job()).isEmpty()) {
      SparkSettings.load();
    }
    return run(Staging.withoutSpark(System.err::println).local(job(), recipe));
  }

  @Override
  final void keep(Path folder, String failure) {
    // Nothing is left behind but what a download has transferred, to be gone on with.
  }
}
