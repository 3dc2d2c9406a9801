package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.api.Chat;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A conversation with the bundled model, whose questions are written down here. */
class ChatLoopTest {

  /** Says its lines, then leaves. */
  private static final class Script implements ChatConsole {
    private final Deque<String> lines;
    private final StringBuilder shown = new StringBuilder();

    Script(String... lines) {
      this.lines = new ArrayDeque<>(List.of(lines));
    }

    @Override
    public Optional<String> line(String prompt) {
      return Optional.ofNullable(lines.poll());
    }

    @Override
    public void print(String text) {
      shown.append(text);
    }

    @Override
    public void onInterrupt(Runnable action) {}

    @Override
    public void close() {}
  }

  private static Recipe recipe() {
    return Recipe.defaults()
        .with("model.path", Path.of("quickstart", "base"))
        .with("generate.max_new_tokens", 8);
  }

  @Test
  void questionsAreAnsweredAndCounted() {
    Script script = new Script("What is 1 plus 2?", "", "And 2 plus 2?");
    try (Chat chat = Chat.open(recipe().with("data.template", "chatml"))) {
      ChatLoop.Total total = new ChatLoop(chat, script).run();
      assertThat(total.answers()).isEqualTo(2);
      assertThat(total.tokens()).isPositive();
      assertThat(total.text()).matches("2 answers, \\d+ tokens, [\\d.]+ tokens per second\\.");
      assertThat(total.json().path("answers").asInt()).isEqualTo(2);
    }
    assertThat(script.shown.toString())
        .startsWith("/help shows the commands.\n")
        .doesNotContain("stands alone");
  }

  @Test
  void commandsAreNoQuestions() {
    Script script =
        new Script("/help", "/reset", "/adapter nobody", "/adapter __base__", "/exit", "too late");
    try (Chat chat = Chat.open(recipe().with("data.template", "qa"))) {
      ChatLoop.Total total = new ChatLoop(chat, script).run();
      assertThat(total.text()).isEqualTo("Nothing was said.");
    }
    assertThat(script.shown.toString())
        .contains("Every question stands alone")
        .contains("/adapter NAME   let another adapter answer")
        .contains("Forgotten.\n")
        .contains("The adapter 'nobody' is asked for, and adapter.path is not set.")
        .contains("Answers come from __base__.\n");
    assertThat(script.lines).containsExactly("too late");
  }
}
