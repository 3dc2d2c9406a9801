package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations, against transformers' greedy decoding of the same texts. */
class ChatTest {
  private static final String TURNS =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
          + "{% if add_generation_prompt %}<assistant>{% endif %}";

  private static final String QUESTION = "The sum of seventeen and twenty-five is";

  @TempDir Path folder;

  private static Recipe recipe() {
    return Recipe.defaults()
        .with("model.path", Expected.resource("model"))
        .with("model.dtype", "float32")
        .with("generate.max_new_tokens", 24);
  }

  private static Recipe raw() {
    return recipe().with("generate.raw", true);
  }

  private Recipe turns() throws IOException {
    return recipe().with("data.template", Files.writeString(folder.resolve("turns.jinja"), TURNS));
  }

  private static JsonNode expected(String model, int index) {
    return Expected.part("generated").path(model).path(index);
  }

  @Test
  void answersWhatTransformersAnswers() {
    try (Chat chat = Chat.open(raw())) {
      for (int i = 0; i < Expected.part("generated").path("base").size(); i++) {
        Chat.Reply reply = chat.say(expected("base", i).path("prompt").asText(), piece -> {});
        assertThat(reply.text()).isEqualTo(expected("base", i).path("answer").asText());
      }
      assertThat(chat.remembers()).isFalse();
    }
  }

  @Test
  void theAnswerIsShownWhileItGrows() {
    try (Chat chat = Chat.open(lesson())) {
      List<String> pieces = new ArrayList<>();
      Chat.Reply reply = chat.say(QUESTION, pieces::add);
      assertThat(String.join("", pieces)).isEqualTo(reply.text());
      assertThat(pieces).hasSizeGreaterThan(3);
    }
  }

  /** The bundled model, whose tokens are whole letters. */
  private static Recipe lesson() {
    return raw().with("model.path", Path.of("..", "jobs", "quickstart", "base"));
  }

  @Test
  void theAdapterCanBeChangedWhileOneTalks() {
    String prompt = expected("base", 0).path("prompt").asText();
    try (Chat chat = Chat.open(raw().with("adapter.path", Expected.resource("adapter")))) {
      assertThat(chat.say(prompt, piece -> {}).text())
          .isEqualTo(expected("adapter", 0).path("answer").asText());
      chat.use("__base__");
      assertThat(chat.say(prompt, piece -> {}).text())
          .isEqualTo(expected("base", 0).path("answer").asText());
      chat.use("default");
      assertThat(chat.say(prompt, piece -> {}).text())
          .isEqualTo(expected("adapter", 0).path("answer").asText());
      assertThatThrownBy(() -> chat.use("other")).hasMessageStartingWith("There is no adapter");
      assertThat(chat.say(prompt, piece -> {}).text())
          .isEqualTo(expected("adapter", 0).path("answer").asText());
    }
  }

  @Test
  void aConversationIsReadWholeUntilItIsReset() throws IOException {
    try (Chat chat = Chat.open(turns())) {
      Chat.Reply first = chat.say("The owl", piece -> {});
      Chat.Reply second = chat.say("The owl", piece -> {});
      chat.reset();
      Chat.Reply again = chat.say("The owl", piece -> {});
      assertThat(chat.remembers()).isTrue();
      assertThat(second.promptTokens()).isGreaterThan(2 * first.promptTokens());
      assertThat(first.cachedTokens()).isZero();
      assertThat(second.cachedTokens()).isGreaterThanOrEqualTo(first.promptTokens());
      assertThat(again.text()).isEqualTo(first.text());
      assertThat(again.promptTokens()).isEqualTo(first.promptTokens());
    }
  }

  /** The context is 192 tokens. */
  @Test
  void whatHasNoRoomIsForgottenFromTheBeginning() throws IOException {
    try (Chat chat = Chat.open(turns())) {
      int forgotten = 0;
      for (int turn = 0; turn < 8; turn++) {
        Chat.Reply reply = chat.say("The owl looks", piece -> {});
        forgotten += reply.forgotten();
        assertThat(reply.promptTokens()).isLessThanOrEqualTo(192 - 24);
      }
      assertThat(forgotten).isPositive().isEven();
      assertThatThrownBy(() -> chat.say("owl ".repeat(200), piece -> {}))
          .hasMessageContaining("192");
      assertThat(chat.say("The owl", piece -> {}).tokens()).isPositive();
    }
  }

  @Test
  void anInterruptedAnswerEndsAfterItsToken() {
    try (Chat chat = Chat.open(raw())) {
      Chat.Reply reply =
          chat.say(expected("base", 0).path("prompt").asText(), piece -> chat.interrupt());
      assertThat(reply.tokens()).isLessThan(10);
      assertThat(expected("base", 0).path("answer").asText()).startsWith(reply.text());
      assertThat(chat.say(expected("base", 1).path("prompt").asText(), piece -> {}).text())
          .isEqualTo(expected("base", 1).path("answer").asText());
    }
  }

  @Test
  void aStopStringIsNeverShownNotEvenItsBeginning() {
    String answer;
    try (Chat chat = Chat.open(lesson())) {
      answer = chat.say(QUESTION, piece -> {}).text();
    }
    String stop = answer.substring(answer.length() / 2, answer.length() / 2 + 3);
    try (Chat chat = Chat.open(lesson().with("generate.stop_strings", List.of(stop)))) {
      StringBuilder shown = new StringBuilder();
      chat.say(QUESTION, shown::append);
      assertThat(shown.toString()).isEqualTo(answer.substring(0, answer.indexOf(stop)));
    }
  }
}
