package io.sparkpeft.jobs;

import io.sparkpeft.api.Downloading;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Brings a model or a dataset from a hub. Starts no Spark. */
@Command(
    name = "download",
    description =
        "Brings a model or a dataset from a Hugging Face style hub (HF_ENDPOINT, HF_TOKEN) into"
            + " output.path. Started again, it goes on where it was broken off. Starts no Spark.")
public final class DownloadJob extends PlainJob {
  @Parameters(
      arity = "0..1",
      paramLabel = "REPO_ID",
      description = "The repository, owner/name: short for download.repo_id.")
  private Optional<String> repoId = Optional.empty();

  public static void main(String... args) {
    Main.exit(new DownloadJob(), args);
  }

  @Override
  Job job() {
    return Job.DOWNLOAD;
  }

  @Override
  Recipe refined(Recipe recipe) {
    return repoId.isPresent()
        ? recipe.with("download.repo_id", repoId.get(), "the command line")
        : recipe;
  }

  @Override
  JobResult run(Recipe recipe) {
    return Downloading.run(recipe, System.getenv(), System.err::println);
  }
}
