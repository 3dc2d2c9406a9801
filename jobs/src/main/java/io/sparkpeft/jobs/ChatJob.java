package io.sparkpeft.jobs;

import io.sparkpeft.api.Chat;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A conversation in the terminal. Starts no Spark, writes nothing. */
@Command(
    name = "chat",
    description =
        "Talks with a model in the terminal: base, adapter or merged model. Starts no Spark, writes"
            + " nothing.")
public final class ChatJob extends PlainJob {

  @Mixin private final AnswerOptions options = new AnswerOptions();

  public static void main(String... args) {
    Main.exit(new ChatJob(), args);
  }

  @Override
  Job job() {
    return Job.CHAT;
  }

  @Override
  Recipe refined(Recipe recipe) {
    return options.over(recipe);
  }

  @Override
  JobResult run(Recipe recipe) {
    try (Chat chat = Chat.open(recipe);
        ChatConsole console = ChatTerminal.open()) {
      return new ChatLoop(chat, console).run();
    }
  }

  @Override
  String text(JobResult result) {
    return ((ChatLoop.Total) result).text();
  }

  /** A person wants to talk, not to read settings. */
  @Override
  String announcement(Recipe recipe) {
    return "";
  }
}
