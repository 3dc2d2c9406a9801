package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import java.io.PrintStream;
import java.util.Optional;

/**
 * One run of a job: prints its effective configuration, runs it, prints its result or why there is
 * none, and ends in an exit code. Standard output carries the result alone: all else that anything
 * in this process prints goes to standard error.
 */
final class JobRun {
  private static final double NANOS_PER_SECOND = 1e9;

  private final JobCommand command;
  private final boolean json;
  private final boolean verbose;
  private final long start = System.nanoTime();
  private Optional<Recipe> recipe = Optional.empty();

  JobRun(JobCommand command, boolean json, boolean verbose) {
    this.command = command;
    this.json = json;
    this.verbose = verbose;
  }

  ExitCode run() {
    PrintStream out = System.out;
    System.setOut(System.err);
    try {
      Recipe read = command.recipe();
      recipe = Optional.of(read);
      System.err.print(command.announcement(read));
      JobResult result = command.execute(read);
      out.println(json ? Json.canonical(completed(result.json())) : command.text(result));
      return command.exitCode(result);
    } catch (RuntimeException | Error failure) {
      return failed(failure, out);
    } finally {
      out.flush();
      System.setOut(out);
    }
  }

  private ExitCode failed(Throwable failure, PrintStream out) {
    Failure known = Failure.of(failure);
    System.err.println("spark-peft " + command.job().commandName() + ": " + known.message());
    if (verbose || known.exitCode() == ExitCode.INTERNAL) {
      failure.printStackTrace();
    }
    ObjectNode result = completed(Json.object());
    result.put("status", "failed").put("exit_code", known.exitCode().number());
    result.put("error", known.message());
    if (json) {
      out.println(Json.canonical(result));
    }
    recipe.ifPresent(read -> keep(read, result));
    command.told(recipe.flatMap(read -> read.run().id()).orElse(""), known, failure);
    return known.exitCode();
  }

  /** A failure to tell of the failure must not hide it. */
  private void keep(Recipe read, ObjectNode result) {
    try {
      if (!LocalCopy.isRemote(read.output().location())) {
        command.keep(read.output().folder(), Json.canonical(result));
      }
    } catch (SparkPeftException e) {
      System.err.println("The result of this failure was not kept. " + e.getMessage());
    }
  }

  /** The keys that every job's result has; those that the job itself knows stay. */
  private ObjectNode completed(ObjectNode result) {
    ObjectNode all = Json.object().put("status", "succeeded").put("exit_code", 0);
    all.put("seconds", (System.nanoTime() - start) / NANOS_PER_SECOND);
    recipe.ifPresent(
        read -> {
          read.run().id().ifPresent(id -> all.put("run_id", id));
          all.put("output_path", read.output().location());
        });
    all.setAll(result);
    return all;
  }
}
