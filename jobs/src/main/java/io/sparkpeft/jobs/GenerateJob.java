package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Answers prompts. */
@Command(name = "generate", description = "Answers prompts.")
public final class GenerateJob extends SparkJob {
  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "An instruction to answer; with --raw it may be empty, which is BOS alone.")
  private Optional<String> prompt = Optional.empty();

  @Mixin private final AnswerOptions options = new AnswerOptions();

  public static void main(String... args) {
    Main.exit(new GenerateJob(), args);
  }

  @Override
  Job job() {
    return Job.GENERATE;
  }

  @Override
  Recipe refined(Recipe recipe) {
    Recipe asked =
        prompt.isPresent() ? recipe.with("generate.prompt", prompt.get(), "--prompt") : recipe;
    return options.over(asked);
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
