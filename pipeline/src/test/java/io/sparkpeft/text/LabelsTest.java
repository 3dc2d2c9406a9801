package io.sparkpeft.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelsTest {
  private static final Example CAPITAL =
      new Example.Instruction("What is the capital?", "", "a city.");

  @TempDir private Path folder;

  private static Labels labels(Path tokenizer, String template, Example example) {
    try (Tokenizer opened = Tokenizer.open(tokenizer)) {
      return Labels.of(opened, PromptTemplate.of(template, opened.files()), example, false);
    }
  }

  /** The text of the targets alone. */
  private static String learned(Path tokenizer, Labels labels, boolean skipSpecialTokens) {
    int[] targets = new int[labels.tokens().length];
    int count = 0;
    for (int i = 0; i < labels.tokens().length; i++) {
      if (labels.targets()[i]) {
        targets[count++] = labels.tokens()[i];
      }
    }
    try (Tokenizer opened = Tokenizer.open(tokenizer)) {
      return opened.decode(Arrays.copyOf(targets, count), skipSpecialTokens);
    }
  }

  @Test
  void theAnswerAndOneEosAreLearned() {
    Labels labels = labels(TestTokenizers.byteLevel(), "alpaca", CAPITAL);
    assertThat(learned(TestTokenizers.byteLevel(), labels, false))
        .isEqualTo("a city.<|endoftext|>");
    assertThat(labels.straddling()).isZero();
    assertThat(labels.tokens()).endsWith(0);
    assertThat(Arrays.stream(labels.tokens()).filter(id -> id == 0)).hasSize(1);
  }

  @Test
  void aTokenAcrossTheBorderIsMaskedAndCounted() {
    // "the" is one token: "t" is asked, "he" is the answer.
    Example split = new Example.Instruction("is t", "", "he city.");
    Labels labels = labels(TestTokenizers.byteLevel(), "none", split);
    assertThat(labels.straddling()).isEqualTo(1);
    assertThat(learned(TestTokenizers.byteLevel(), labels, true)).isEqualTo(" city.");
  }

  @Test
  void aBlankBelongsToItsTokenSoThatBothCountAsTheAnswers() {
    Labels labels = labels(TestTokenizers.byteLevel(), "qa", CAPITAL);
    assertThat(learned(TestTokenizers.byteLevel(), labels, true)).isEqualTo(" a city.");
    assertThat(labels.straddling()).isZero();
    // Were the blank the prompt's, its token would straddle although trimmed offsets hide it.
    Example blankAsked = new Example.Instruction("What is ", "", "the city.");
    assertThat(labels(TestTokenizers.byteLevel(), "none", blankAsked).straddling()).isEqualTo(1);
  }

  @Test
  void bosStandsOnceAndIsNoTarget() {
    Labels labels = labels(TestTokenizers.byteFallback(), "alpaca", CAPITAL);
    assertThat(labels.tokens()).startsWith(1);
    assertThat(Arrays.stream(labels.tokens()).filter(id -> id == 1)).hasSize(1);
    assertThat(labels.targets()[0]).isFalse();
  }

  @Test
  void bosThatTheTemplateWritesIsNotDoubled() {
    Labels labels = labels(TestTokenizers.byteFallback(), "llama-2", CAPITAL);
    assertThat(labels.tokens()).startsWith(1);
    assertThat(Arrays.stream(labels.tokens()).filter(id -> id == 1)).hasSize(1);
    assertThat(Arrays.stream(labels.tokens()).filter(id -> id == 2)).hasSize(1);
    assertThat(labels.tokens()).endsWith(2);
    assertThat(learned(TestTokenizers.byteFallback(), labels, true).strip()).isEqualTo("a city.");
  }

  @Test
  void doubledBosIsRefused() throws IOException {
    Path template = Files.writeString(folder.resolve("twice.jinja"), "<s><s>{{ instruction }}");
    assertThatThrownBy(() -> labels(TestTokenizers.byteFallback(), template.toString(), CAPITAL))
        .hasMessageContaining("begins a text with BOS (1) twice.");
  }

  @Test
  void eosThatTheTokenizerAddsIsNotDoubled() {
    Labels labels = labels(TestTokenizers.characters(), "none", CAPITAL);
    assertThat(Arrays.stream(labels.tokens()).filter(id -> id == 2)).hasSize(1);
    assertThat(labels.tokens()).endsWith(2);
    assertThat(learned(TestTokenizers.characters(), labels, true)).isEqualTo("a city.");
  }

  @Test
  void allAssistantTurnsAreLearnedEachWithItsEnd() {
    Example talk =
        new Example.Conversation(
            List.of(
                new Message("user", "one"),
                new Message("assistant", "two"),
                new Message("user", "three"),
                new Message("assistant", "four")));
    Labels labels = labels(TestTokenizers.characters(), "auto", talk);
    assertThat(learned(TestTokenizers.characters(), labels, false)).isEqualTo("two</s>four</s>");
    assertThat(labels.tokens()).endsWith(2);
  }

  @Test
  void anEndOfTurnThatIsNotEosIsLearnedBeforeEos() {
    Labels labels = labels(TestTokenizers.byteLevel(), "chatml", CAPITAL);
    assertThat(learned(TestTokenizers.byteLevel(), labels, false))
        .isEqualTo("a city.<|im_end|>\n<|endoftext|>");
  }

  @Test
  void promptsAreLearnedOnDemandButForTheFirstToken() {
    try (Tokenizer tokenizer = Tokenizer.open(TestTokenizers.byteFallback())) {
      Labels labels =
          Labels.of(tokenizer, PromptTemplate.of("alpaca", tokenizer.files()), CAPITAL, true);
      assertThat(labels.targets()[0]).isFalse();
      for (int i = 1; i < labels.targets().length; i++) {
        assertThat(labels.targets()[i]).isTrue();
      }
    }
  }

  @Test
  void unknownCharactersAreCounted() {
    Example strange = new Example.Instruction("What is \u65e5\u672c?", "", "a city.");
    assertThat(labels(TestTokenizers.characters(), "none", strange).unknown()).isEqualTo(2);
  }

  @Test
  void promptsForGenerationBeginAsTrainingTextsDo() {
    try (Tokenizer tokenizer = Tokenizer.open(TestTokenizers.byteFallback())) {
      for (String name : List.of("alpaca", "llama-2", "zephyr")) {
        PromptTemplate template = PromptTemplate.of(name, tokenizer.files());
        int[] prompt = Labels.prompt(tokenizer, template, Example.question("What is the capital?"));
        int[] whole = Labels.of(tokenizer, template, CAPITAL, false).tokens();
        assertThat(Arrays.copyOf(whole, prompt.length)).as(name).isEqualTo(prompt);
      }
    }
  }

  @Test
  void rawTextComesAfterBosAndMayBeEmpty() {
    try (Tokenizer tokenizer = Tokenizer.open(TestTokenizers.byteFallback());
        Tokenizer ending = Tokenizer.open(TestTokenizers.characters())) {
      assertThat(Labels.raw(tokenizer, "")).containsExactly(1);
      assertThat(Labels.raw(ending, "")).containsExactly(1);
      assertThat(Labels.raw(ending, "aa")).hasSize(3).startsWith(1);
    }
  }
}
