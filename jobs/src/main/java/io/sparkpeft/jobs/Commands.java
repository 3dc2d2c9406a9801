package io.sparkpeft.jobs;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Key;
import io.sparkpeft.recipe.RecipeKeys;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Picocli as these jobs want it: values arrive as they are, help lists the keys. */
final class Commands {
  private Commands() {}

  static CommandLine line(Object command) {
    CommandLine line = new CommandLine(command);
    line.setExpandAtFiles(false);
    line.setPosixClusteredShortOptionsAllowed(false);
    line.setExecutionStrategy(new CommandLine.RunLast());
    line.setParameterExceptionHandler((failure, args) -> usage(failure));
    line.getCommandSpec().exitCodeOnUsageHelp(ExitCode.OK.number());
    line.getSubcommands().values().forEach(Commands::listKeys);
    listKeys(line);
    return line;
  }

  private static int usage(CommandLine.ParameterException failure) {
    CommandLine line = failure.getCommandLine();
    line.getErr().println(failure.getMessage());
    line.getErr().println("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE.number();
  }

  private static void listKeys(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    if (!(spec.userObject() instanceof JobCommand command)) {
      return;
    }
    Map<String, String> keys = new TreeMap<>();
    for (Key<?> key : RecipeKeys.all()) {
      if (command.job().reads(key)) {
        keys.put(key.name(), help(key));
      }
    }
    UsageMessageSpec usage = spec.usageMessage();
    usage.footerHeading("%nKeys of " + name(command.job()) + "%n");
    usage.footer(
        keys.entrySet().stream()
            .map(entry -> "  " + entry.getKey() + "%n      " + entry.getValue())
            .toArray(String[]::new));
  }

  private static String help(Key<?> key) {
    String text = key.meaning() + " [" + key.defaultDescription() + "]";
    return text.replace("%", "%%").replace("@|", "@ |");
  }

  private static String name(Job job) {
    return job.commandName();
  }
}
