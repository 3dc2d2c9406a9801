package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Turns instruction files into a Delta table of tokens. */
@Command(name = "prepare", description = "Turns instruction files into a Delta table of tokens.")
public final class PrepareJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new PrepareJob(), args);
  }

  @Override
  Job job() {
    return Job.PREPARE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.prepare(recipe);
  }
}
