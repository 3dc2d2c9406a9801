package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.api.Evaluated;
import io.sparkpeft.api.Finetuned;
import io.sparkpeft.api.Generated;
import io.sparkpeft.api.Merged;
import io.sparkpeft.api.Prepared;
import io.sparkpeft.api.SparkPeft;
import io.sparkpeft.base.Json;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The whole main job in one session: from the bundled instructions to a scored adapter. */
@Command(
    name = "quickstart",
    description = "Runs the whole main job on the bundled model and instructions.")
public final class QuickstartJob extends SparkJob {
  @Option(
      names = "--runs",
      paramLabel = "FOLDER",
      description = "Where all results go; what is there already is reused.",
      defaultValue = "runs/quickstart")
  private Path runs;

  public static void main(String... args) {
    Main.exit(new QuickstartJob(), args);
  }

  @Override
  Job job() {
    return Job.FINETUNE;
  }

  @Override
  Recipe refined(Recipe recipe) {
    return recipe
        .with("run.id", "quickstart")
        .with("output.path", runs.toAbsolutePath())
        .with("tables.root", runs.resolve("tables").toAbsolutePath());
  }

  @Override
  JobResult run(SparkPeft peft, Recipe recipe) {
    Prepared tokens = peft.prepare(step(recipe, "prepare"));
    Finetuned adapter = peft.finetune(step(recipe, "finetune"));
    Merged merged = peft.merge(adapted(recipe, "merge", adapter));
    Evaluated scores =
        peft.evaluate(adapted(recipe, "evaluate", adapter).with("eval.compare_base", true));
    Generated before = peft.generate(step(recipe, "generate-before"));
    Generated after = peft.generate(adapted(recipe, "generate-after", adapter));
    ObjectNode result =
        QuickstartResult.json(recipe, tokens, adapter, merged, scores, before, after);
    ResultFile.write(recipe.output().folder(), Json.canonical(result));
    return () -> result;
  }

  @Override
  String text(JobResult result) {
    return QuickstartResult.text(result.json());
  }

  private static Recipe step(Recipe recipe, String name) {
    return recipe
        .with("run.id", "quickstart-" + name)
        .with("output.path", recipe.output().folder().resolve(name));
  }

  private static Recipe adapted(Recipe recipe, String name, Finetuned adapter) {
    return step(recipe, name).with("adapter.path", adapter.adapterPath());
  }
}
