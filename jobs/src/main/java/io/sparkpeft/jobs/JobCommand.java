package io.sparkpeft.jobs;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What every job's command line has in common. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true)
abstract class JobCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "RECIPE",
      description =
          "A recipe in HOCON; conf/recipes has some. Without it every key has its" + " default.")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Sets a key over the recipe; the value is text unless the key's type is a"
              + " list, number or boolean. Repeatable.")
  private List<String> assignments = new ArrayList<>();

  @Option(
      names = "--json",
      description =
          "Print one JSON object, the content of _RESULT.json, and nothing else to" + " stdout.")
  private boolean json;

  @Option(names = "--verbose", description = "Print stack traces of failures.")
  private boolean verbose;

  abstract Job job();

  abstract JobResult execute(Recipe recipe);

  /** Keeps the result of a failed run, given as canonical JSON, where its folder would be. */
  abstract void keep(Path folder, String failure);

  /**
   * Tells machines that listen of a failed run.
   *
   * @param runId empty where the recipe could not be read
   */
  void told(String runId, Failure failure, Throwable cause) {}

  /** What the process ends with after a run that brought a result. */
  ExitCode exitCode(JobResult result) {
    return ExitCode.OK;
  }

  /** The recipe with what this job's own options say. */
  Recipe refined(Recipe recipe) {
    return recipe;
  }

  /** What is said before anything is done: the effective configuration. */
  String announcement(Recipe recipe) {
    return recipe.effective().text(job());
  }

  /** What a person wants to see of the result. */
  String text(JobResult result) {
    return ResultTable.of(result.json());
  }

  final Recipe recipe() {
    return refined(Recipe.read(config, assignments)).named(job());
  }

  @Override
  public final Integer call() {
    return new JobRun(this, json, verbose).run().number();
  }
}
