package io.sparkpeft.jobs;

import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Plan;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Says what a finetune would do. Starts no Spark, reads no weights, writes nothing. */
@Command(
    name = "plan",
    description =
        "Says what finetune would do. Starts no Spark, needs no weights (a config.json is enough),"
            + " writes nothing.")
public final class PlanJob extends PlainJob {

  public static void main(String... args) {
    Main.exit(new PlanJob(), args);
  }

  @Override
  Job job() {
    return Job.PLAN;
  }

  @Override
  JobResult run(Recipe recipe) {
    return Plan.of(recipe);
  }

  @Override
  String text(JobResult result) {
    return ((Plan) result).text();
  }
}
