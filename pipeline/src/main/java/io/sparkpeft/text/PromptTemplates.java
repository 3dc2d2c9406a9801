package io.sparkpeft.text;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The templates known by name, and the way from a recipe's choice to a template. */
public final class PromptTemplates {
  private static final String AUTO = "auto";
  private static final List<PlainTemplate> PLAIN =
      List.of(PlainTemplate.NONE, PlainTemplate.ALPACA, PlainTemplate.QUESTION_ANSWER);
  private static final List<String> CHAT = List.of("chatml", "llama-2", "zephyr");

  /** All that {@code data.template} may say besides a file. */
  public static final List<String> NAMES =
      List.of(AUTO, "none", "alpaca", "qa", "chatml", "llama-2", "zephyr");

  private PromptTemplates() {}

  static PromptTemplate of(String choice, TokenizerFiles tokenizer) {
    if (choice.equals(AUTO)) {
      return tokenizer
          .chatTemplate()
          .map(source -> (PromptTemplate) ChatTemplate.of(AUTO, source, tokenizer))
          .orElse(PlainTemplate.ALPACA);
    }
    for (PlainTemplate plain : PLAIN) {
      if (plain.name().equals(choice)) {
        return plain;
      }
    }
    if (CHAT.contains(choice)) {
      return ChatTemplate.of(choice, resource(choice), tokenizer);
    }
    return ChatTemplate.of(choice, file(choice), tokenizer);
  }

  private static String file(String choice) {
    Path file = Path.of(choice);
    if (!Files.isRegularFile(file)) {
      throw TextErrors.unknownTemplate(choice, NAMES);
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  private static String resource(String name) {
    try (InputStream in =
        PromptTemplates.class.getResourceAsStream("templates/" + name + ".jinja")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
