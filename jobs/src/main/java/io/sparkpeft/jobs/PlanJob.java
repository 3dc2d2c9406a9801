package io.sparkpeft.jobs;

import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Plan;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/** Says what a finetune would do. Starts no Spark, reads no weights, writes nothing. */
@Command(
    name = "plan",
    description =
        "Says what finetune would do. Starts no Spark, needs no weights (a config.json is enough),"
            + " writes nothing.")
public final class PlanJob extends JobCommand {

  public static void main(String... args) {
    Main.exit(new PlanJob(), args);
  }

  @Override
  Job job() {
    return Job.PLAN;
  }

  @Override
  JobResult execute(Recipe recipe) {
    return Plan.of(recipe);
  }

  @Override
  void keep(Path folder, String failure) {
    // A plan leaves nothing behind.
  }

  @Override
  String text(JobResult result) {
    return ((Plan) result).text();
  }
}
