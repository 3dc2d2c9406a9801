package io.sparkpeft.jobs;

import io.sparkpeft.api.Converting;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Brings a checkpoint of Meta's or Lit-GPT's into Hugging Face's layout. Starts no Spark. */
@Command(
    name = "convert",
    description =
        "Brings a checkpoint of Meta's (consolidated.NN.pth) or of Lit-GPT's (lit_model.pth) into"
            + " Hugging Face's layout, and Lit-GPT's LoRA weights (lit_model.pth.lora) into PEFT's."
            + " Starts no Spark.")
public final class ConvertJob extends PlainJob {
  @Parameters(
      arity = "0..1",
      paramLabel = "FOLDER",
      description = "The checkpoint's folder: short for model.path.")
  private Optional<String> folder = Optional.empty();

  public static void main(String... args) {
    Main.exit(new ConvertJob(), args);
  }

  @Override
  Job job() {
    return Job.CONVERT;
  }

  @Override
  Recipe refined(Recipe recipe) {
    return folder.isPresent()
        ? recipe.with("model.path", folder.get(), "the command line")
        : recipe;
  }

  @Override
  JobResult run(Recipe recipe) {
    return Converting.run(recipe, System.err::println);
  }
}
