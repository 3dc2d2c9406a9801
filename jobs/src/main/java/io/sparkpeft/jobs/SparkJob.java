package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** A job that runs on Spark: opens a session, calls the API, keeps a failure's result. */
abstract class SparkJob extends JobCommand {

  abstract JobResult run(SparkPeft peft, Recipe recipe);

  @Override
  final JobResult execute(Recipe recipe) {
    if (!LocalCopy.isRemote(recipe.output().location())) {
      ResultFile.clearFailure(recipe.output().folder());
    }
    SparkSession session = Sessions.open(job(), recipe);
    try {
      return run(SparkPeft.on(session), recipe);
    } finally {
      Sessions.close(session);
    }
  }

  @Override
  final void keep(Path folder, String failure) {
    ResultFile.writeFailure(folder, failure);
  }
}
