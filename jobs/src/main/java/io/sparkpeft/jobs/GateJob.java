package io.sparkpeft.jobs;

import io.sparkpeft.api.Gated;
import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Judges an adapter's scores: exit code 0 if it passes, 99 if not. */
@Command(
    name = "gate",
    description =
        "Judges the scores that evaluate left by the recipe's rules. Ends with exit code 0 if all"
            + " are met, with 99 if not; either way says why.")
public final class GateJob extends SparkJob {

  public static void main(String... args) {
    Main.exit(new GateJob(), args);
  }

  @Override
  Job job() {
    return Job.GATE;
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    return peft.gate(recipe);
  }

  @Override
  ExitCode exitCode(JobResult result) {
    return ((Gated) result).passed() ? ExitCode.OK : ExitCode.GATE_NOT_PASSED;
  }

  @Override
  String text(JobResult result) {
    return GateText.of(result.json());
  }
}
