package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Makes an adapter the promoted version of its name. */
@Command(
    name = "promote",
    description =
        "Makes an adapter that passed its gate the promoted version of its name, or goes back to"
            + " an earlier version.")
public final class PromoteJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new PromoteJob(), args);
  }

  @Override
  Job job() {
    return Job.PROMOTE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.promote(recipe);
  }
}
