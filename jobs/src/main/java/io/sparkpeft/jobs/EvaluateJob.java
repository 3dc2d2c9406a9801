package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Scores a base model, with or without an adapter, into Delta tables. */
@Command(
    name = "evaluate",
    description = "Scores a base model, with or without an adapter, into Delta tables.")
public final class EvaluateJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new EvaluateJob(), args);
  }

  @Override
  Job job() {
    return Job.EVALUATE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.evaluate(recipe);
  }
}
