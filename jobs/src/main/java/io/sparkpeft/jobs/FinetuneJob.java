package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Trains an adapter for a base model on a token table. */
@Command(name = "finetune", description = "Trains an adapter for a base model on a token table.")
public final class FinetuneJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new FinetuneJob(), args);
  }

  @Override
  Job job() {
    return Job.FINETUNE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.finetune(recipe);
  }
}
