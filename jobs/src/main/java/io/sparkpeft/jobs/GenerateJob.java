package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Answers prompts. */
@Command(name = "generate", description = "Answers prompts.")
public final class GenerateJob extends SparkJob {
  @Mixin private final GenerateOptions options = new GenerateOptions();

  public static void main(String... args) {
    Main.exit(new GenerateJob(), args);
  }

  @Override
  Job job() {
    return Job.GENERATE;
  }

  @Override
  Recipe refined(Recipe recipe) {
    return options.over(recipe);
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.generate(recipe);
  }

  @Override
  String text(JobResult result) {
    return Answers.text(result);
  }
}
