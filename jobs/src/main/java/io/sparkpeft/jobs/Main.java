package io.sparkpeft.jobs;

import io.sparkpeft.base.ExitCode;
import picocli.CommandLine.Command;

/** All jobs behind one name: {@code spark-peft finetune --config R}. */
@Command(
    name = "spark-peft",
    description = "Parameter-efficient fine-tuning of language models on Apache Spark.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      DownloadJob.class,
      ConvertJob.class,
      PrepareJob.class,
      FinetuneJob.class,
      QuantizeJob.class,
      MergeJob.class,
      EvaluateJob.class,
      GateJob.class,
      PromoteJob.class,
      GenerateJob.class,
      ReportJob.class,
      ChatJob.class,
      PlanJob.class,
      BenchJob.class,
      QuickstartJob.class
    })
public final class Main {
  Main() {}

  public static void main(String... args) {
    exit(new Main(), args);
  }

  /** Runs a command and ends the process, if only a non-zero code needs that. */
  static void exit(Object command, String... args) {
    int code = Commands.line(command).execute(args);
    if (code != ExitCode.OK.number()) {
      System.exit(code);
    }
  }
}
