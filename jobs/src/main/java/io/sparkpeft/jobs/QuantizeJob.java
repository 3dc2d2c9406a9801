package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Writes a base model with its linear layers in four bits, as bitsandbytes does. */
@Command(
    name = "quantize",
    description = "Writes a base model with its linear layers in four bits, as bitsandbytes does.")
public final class QuantizeJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new QuantizeJob(), args);
  }

  @Override
  Job job() {
    return Job.QUANTIZE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.quantize(recipe);
  }
}
