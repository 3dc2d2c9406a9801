package io.sparkpeft.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.api.Chat;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.JobResult;
import java.util.Locale;
import java.util.Optional;

/** Questions, answers and commands, until the other side leaves. */
final class ChatLoop {
  private static final String HELP =
      """
      /reset          forget what was said
      /adapter NAME   let another adapter answer: one in adapter.path, a folder, or __base__ for none
      /help           these lines
      /exit           leave, as Ctrl-D does; Ctrl-C ends an answer
      """;

  private final Chat chat;
  private final ChatConsole console;
  private int answers;
  private long tokens;
  private double seconds;

  ChatLoop(Chat chat, ChatConsole console) {
    this.chat = chat;
    this.console = console;
  }

  /** How long the conversation was. */
  record Total(int answers, long tokens, double seconds) implements JobResult {
    @Override
    public ObjectNode json() {
      return Json.object()
          .put("answers", answers)
          .put("answer_tokens", tokens)
          .put("answer_seconds", seconds);
    }

    String text() {
      return answers == 0
          ? "Nothing was said."
          : String.format(
              Locale.ROOT,
              "%d %s, %d tokens, %.1f tokens per second.",
              answers,
              answers == 1 ? "answer" : "answers",
              tokens,
              tokens / seconds);
    }
  }

  Total run() {
    console.onInterrupt(chat::interrupt);
    console.print("/help shows the commands.\n");
    if (!chat.remembers()) {
      console.print("Every question stands alone: the template renders no conversation.\n");
    }
    Optional<String> line = console.line("> ");
    while (line.isPresent() && !line.get().strip().equals("/exit")) {
      try {
        follow(line.get().strip());
      } catch (SparkPeftException e) {
        console.print(e.getMessage() + "\n");
      }
      line = console.line("> ");
    }
    return new Total(answers, tokens, seconds);
  }

  private void follow(String line) {
    String[] words = line.split("\\s+", 2);
    switch (words[0]) {
      case "" -> {}
      case "/help" -> console.print(HELP);
      case "/reset" -> {
        chat.reset();
        console.print("Forgotten.\n");
      }
      case "/adapter" -> {
        String name = words.length > 1 ? words[1] : "__base__";
        chat.use(name);
        console.print("Answers come from " + name + ".\n");
      }
      default -> answer(line);
    }
  }

  private void answer(String question) {
    Chat.Reply reply = chat.say(question, console::print);
    console.print("\n");
    if (reply.forgotten() > 0) {
      console.print("(%d messages no longer fit and are forgotten)%n".formatted(reply.forgotten()));
    }
    answers++;
    tokens += reply.tokens();
    seconds += reply.seconds();
  }
}
