package io.sparkpeft.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.text.RenderedText.Span;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptTemplateTest {
  private static final Example ADD =
      new Example.Instruction("Add {input}.", "1 {instruction}", "2");

  @TempDir private Path folder;

  private final TokenizerFiles plain = TokenizerFiles.read(TestTokenizers.byteFallback());
  private final TokenizerFiles chatting = TokenizerFiles.read(TestTokenizers.characters());

  @Test
  void alpacasPromptIsAlpacas() {
    PromptTemplate alpaca = PromptTemplate.of("alpaca", plain);
    assertThat(alpaca.prompt(Example.question("Add.")))
        .isEqualTo(
            "Below is an instruction that describes a task. Write a response that appropriately"
                + " completes the request.\n\n### Instruction:\nAdd.\n\n### Response:\n");
    assertThat(alpaca.prompt(ADD))
        .isEqualTo(
            "Below is an instruction that describes a task, paired with an input that provides"
                + " further context. Write a response that appropriately completes the request."
                + "\n\n### Instruction:\nAdd {input}.\n\n### Input:\n1 {instruction}\n\n"
                + "### Response:\n");
  }

  @Test
  void noneAddsNothing() {
    RenderedText text =
        PromptTemplate.of("none", plain).render(new Example.Instruction("12+", "", " 3"));
    assertThat(text).isEqualTo(new RenderedText("12+ 3", List.of(new Span(3, 5)), false));
  }

  @Test
  void autoIsTheTokenizersTemplateOrAlpacas() {
    assertThat(PromptTemplate.of("auto", plain).name()).isEqualTo("alpaca");
    assertThat(PromptTemplate.of("auto", chatting).prompt(Example.question("Why?")))
        .isEqualTo("[user]Why?</s>[assistant]");
  }

  @Test
  void aFileMayLeaveTheAnswerToUs() throws IOException {
    Path file = Files.writeString(folder.resolve("mine.jinja"), "Q {{ instruction }} A ");
    PromptTemplate template = PromptTemplate.of(file.toString(), plain);
    assertThat(template.render(new Example.Instruction("x", "", "y")))
        .isEqualTo(new RenderedText("Q x A y", List.of(new Span(6, 7)), false));
  }

  @Test
  void aFileMayRenderTheAnswerItself() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("mine.jinja"),
            "Q: {{ instruction }}\nA:{% if output is defined %} {{ output }}{{ eos_token }}{% endif %}");
    PromptTemplate template = PromptTemplate.of(file.toString(), plain);
    assertThat(template.prompt(Example.question("x"))).isEqualTo("Q: x\nA:");
    assertThat(template.render(new Example.Instruction("x", "", "y")))
        .isEqualTo(new RenderedText("Q: x\nA: y</s>", List.of(new Span(7, 13)), true));
  }

  @Test
  void theInputFollowsTheInstructionInAChat() {
    assertThat(
            PromptTemplate.of("zephyr", plain)
                .prompt(new Example.Instruction("Add.", "1 and 2", "3")))
        .isEqualTo("<|user|>\nAdd.\n\n1 and 2</s>\n<|assistant|>\n");
  }

  @Test
  void anUnknownNameSuggestsTheNearest() {
    assertThatThrownBy(() -> PromptTemplate.of("alpacca", plain))
        .hasMessageStartingWith("There is no template 'alpacca'.")
        .hasMessageEndingWith("Did you mean 'alpaca'?")
        .extracting(e -> ((SparkPeftException) e).exitCode())
        .isEqualTo(ExitCode.CONFIGURATION);
  }

  @Test
  void aTemplateThatIsNoJinjaSaysTheLine() throws IOException {
    Path file = Files.writeString(folder.resolve("mine.jinja"), "a\n{% if %}");
    assertThatThrownBy(() -> PromptTemplate.of(file.toString(), plain))
        .hasMessageContaining("cannot be rendered. It says: line 2: unexpected '%}'.");
  }

  @Test
  void whatATemplateRaisesEndsTheRendering() {
    Example system =
        new Example.Conversation(
            List.of(new Message("assistant", "I speak first."), new Message("user", "No.")));
    assertThatThrownBy(() -> PromptTemplate.of("llama-2", plain).render(system))
        .hasMessageContaining("Conversation roles must alternate");
  }

  @Test
  void aTemplateThatRewritesEarlierTurnsIsRefused() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("count.jinja"),
            "{{ messages|length }}{% for m in messages %}{{ m.content }}{% endfor %}");
    assertThatThrownBy(
            () ->
                PromptTemplate.of(file.toString(), plain)
                    .render(new Example.Instruction("x", "", "y")))
        .hasMessageContaining("does not tell where the assistant's answers stand");
  }

  @Test
  void aConversationNeedsAChatTemplate() {
    Example talk =
        new Example.Conversation(
            List.of(
                new Message("user", "1"), new Message("assistant", "2"), new Message("user", "3")));
    assertThatThrownBy(() -> PromptTemplate.of("alpaca", plain).prompt(talk))
        .hasMessageContaining("A conversation of 3 turns does not fit the template 'alpaca'.");
  }

  @Test
  void hashesTellTemplatesApartAndKnowTheTokenizersWords() {
    String zephyr = PromptTemplate.of("zephyr", plain).sha256();
    assertThat(PromptTemplate.of("zephyr", plain).sha256()).isEqualTo(zephyr);
    assertThat(PromptTemplate.of("chatml", plain).sha256()).isNotEqualTo(zephyr);
    assertThat(
            PromptTemplate.of("zephyr", TokenizerFiles.read(TestTokenizers.byteLevel())).sha256())
        .isNotEqualTo(zephyr);
    assertThat(PromptTemplate.of("none", plain).sha256())
        .isNotEqualTo(PromptTemplate.of("alpaca", plain).sha256());
  }

  @Test
  void templatesTravel() throws IOException, ClassNotFoundException {
    for (String name : List.of("alpaca", "zephyr")) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      new ObjectOutputStream(bytes).writeObject(PromptTemplate.of(name, plain));
      Object copy =
          new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
      assertThat(((PromptTemplate) copy).prompt(ADD))
          .isEqualTo(PromptTemplate.of(name, plain).prompt(ADD));
    }
  }
}
