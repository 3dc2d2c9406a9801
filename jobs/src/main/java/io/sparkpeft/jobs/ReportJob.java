package io.sparkpeft.jobs;

import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Writes a page about a run of finetune. */
@Command(
    name = "report",
    description =
        "Writes report.html about a run of finetune, run.id: curves, scores, data, settings and"
            + " provenance from the tables, in one file that can be read without network.")
public final class ReportJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new ReportJob(), args);
  }

  @Override
  Job job() {
    return Job.REPORT;
  }

  @Override
  Recipe refined(Recipe recipe) {
    recipe.reportedRunId();
    return recipe;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.report(recipe);
  }
}
