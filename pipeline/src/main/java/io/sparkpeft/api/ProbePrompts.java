package io.sparkpeft.api;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** The texts on which a merged model is compared with the unmerged one, as tokens. */
final class ProbePrompts {
  private static final List<String> OWN =
      List.of(
          "Give three tips for staying healthy.",
          "Once upon a time, in a small village by the sea, there lived",
          "What is the capital of France, and how many people live there?",
          "Write a function that returns the sum of a list of numbers.",
          "Question: What is 48 plus 57? Answer:",
          "Translate into German: The weather is nice today.",
          "Summarise: The committee met on Tuesday and agreed to meet again.",
          "The three laws of thermodynamics are");

  /** Tokens of a prompt. */
  static final int LONGEST = 48;

  private static final String TOKENIZER = "tokenizer.json";

  /** On average, in English. */
  private static final int CHARACTERS_OF_TOKEN = 4;

  private ProbePrompts() {}

  /** How many there are, read or drawn. */
  static int count(Recipe recipe) {
    return texts(recipe.merge().promptFile()).size();
  }

  /** About how many tokens they are together: for plans, which open no tokenizer. */
  static long tokens(Recipe recipe) {
    if (!Files.exists(recipe.model().folder().resolve(TOKENIZER))) {
      return (long) LONGEST * count(recipe);
    }
    return texts(recipe.merge().promptFile()).stream()
        .mapToLong(text -> Math.min(LONGEST, 1 + text.length() / CHARACTERS_OF_TOKEN))
        .sum();
  }

  /**
   * @param room tokens of the model's context to be left for an answer
   */
  static List<int[]> of(Recipe recipe, DecoderConfig config, int room) {
    Path model = recipe.model().folder();
    int length = Math.max(1, Math.min(LONGEST, config.maxPositionEmbeddings() - room));
    if (!Files.exists(model.resolve(TOKENIZER))) {
      return random(config, length);
    }
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      return texts(recipe.merge().promptFile()).stream()
          .map(text -> tokenizer.encode(text, true).ids())
          .filter(ids -> ids.length > 0)
          .map(ids -> Arrays.copyOf(ids, Math.min(length, ids.length)))
          .toList();
    }
  }

  private static List<String> texts(Optional<Path> file) {
    if (file.isEmpty()) {
      return OWN;
    }
    try (Stream<String> lines = Files.lines(file.get())) {
      return lines.filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file.get(), e);
    }
  }

  /** Where there is no tokenizer, any tokens. */
  private static List<int[]> random(DecoderConfig config, int length) {
    Random random = new Random(0);
    return Stream.generate(() -> random.ints(length, 0, config.vocabularySize()).toArray())
        .limit(OWN.size())
        .toList();
  }
}
