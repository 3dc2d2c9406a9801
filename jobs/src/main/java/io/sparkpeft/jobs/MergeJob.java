package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Merges an adapter into its base: a plain Hugging Face checkpoint. */
@Command(
    name = "merge",
    description = "Merges an adapter into its base: a plain Hugging Face checkpoint.")
public final class MergeJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new MergeJob(), args);
  }

  @Override
  Job job() {
    return Job.MERGE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.merge(recipe);
  }
}
