package io.sparkpeft.jobs;

import io.sparkpeft.api.bench.Bench;
import io.sparkpeft.api.bench.Benchmark;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;

/** Measures training on this machine. Starts no Spark, writes nothing. */
@Command(
    name = "bench",
    description =
        "Trains for some steps and says how fast, where the time goes, how near to the machine's"
            + " limit, and in how much memory. Starts no Spark; without weights (a config.json is"
            + " enough) they are random; writes nothing.")
public final class BenchJob extends PlainJob {

  public static void main(String... args) {
    Main.exit(new BenchJob(), args);
  }

  @Override
  Job job() {
    return Job.BENCH;
  }

  @Override
  JobResult run(Recipe recipe) {
    return Bench.run(recipe);
  }

  @Override
  String text(JobResult result) {
    return ((Benchmark) result).text();
  }
}
